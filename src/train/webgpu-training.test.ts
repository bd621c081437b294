import { describe, expect, it } from "vitest";
import { validateConfig } from "./parse-config.ts";
import { trainingGraph } from "./training-graph.ts";
import { checkTrainingForWebGpu } from "./webgpu-training.ts";

const check = (N: number, M: number, batch: number) => () =>
  checkTrainingForWebGpu(trainingGraph(validateConfig({ data: "unused", network: { N, M }, batch })).graph);

describe("checkTrainingForWebGpu", () => {
  it.each([1, 2, 3, 4, 8, 12])("takes a batch of %i", (batch) => {
    expect(check(8, 8, batch)).not.toThrow();
  });

  it.each([6, 9, 15])("refuses a batch of %i, which becomes the input channels of a kernel gradient", (batch) => {
    expect(check(8, 8, batch)).toThrow(
      expect.objectContaining({
        code: "device-unavailable",
        message: expect.stringMatching(`batch of ${batch}, whose conv2d-kernel-gradient for \\d+ channels`),
      }),
    );
  });

  it("refuses the channels that no codec may have there either", () => {
    expect(check(6, 8, 2)).toThrow(/convolution from 6 to 8 channels/);
  });
});
