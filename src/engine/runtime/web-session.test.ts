/**
 * What onnxruntime-web says of models and threads that cannot be had, on Node. That it computes what others compute is tested in
 * test/runtimes.test.ts. WebGPU, which Node has not, stands for a WebAssembly of its own whose files are not there.
 */
import { describe, expect, it, vi } from "vitest";
import { HalfstepError } from "../../errors.ts";
import { add, arrayOf, defineGraph, graphInput } from "../index.ts";
import { exportOnnx } from "../onnx/export.ts";
import { openWebSession } from "./web-session.ts";

const input = graphInput("x", [1, 2]);
const MODEL: Uint8Array = exportOnnx(defineGraph({ y: add(input, input) }));
const NO_MODEL: Uint8Array = Uint8Array.of(1, 2, 3);
const NOWHERE = { device: "webgpu", wasmPaths: "file:///nowhere/" } as const;

function failureOf(opening: Promise<unknown>): Promise<unknown> {
  return opening.then(
    () => "a session",
    (error: unknown) => error,
  );
}

describe("a session of onnxruntime-web", () => {
  it("that is refused for its model says so, and the runtime that started keeps its threads", async () => {
    const refused = await failureOf(openWebSession(NO_MODEL));
    expect(refused).not.toBeInstanceOf(HalfstepError);
    expect(String(refused)).toMatch(/Can't create a session.*protobuf parsing failed/);
    expect(await failureOf(openWebSession(MODEL, { threads: 2 }))).toMatchObject({ code: "device-unavailable" });
    const session = await openWebSession(MODEL);
    const x = { data: Float32Array.of(1, 2), shape: [1, 2] };
    expect(arrayOf(await session.run(new Map([["x", x]])), "y").data).toEqual(Float32Array.of(2, 4));
    await session.close();
  });

  it("cannot have other threads than one that is being opened, and can where that one failed", async () => {
    vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => ({}) } });
    const [first, second] = await Promise.all(
      [1, 2].map((threads) => failureOf(openWebSession(MODEL, { ...NOWHERE, threads }))),
    );
    expect(first).toMatchObject({
      code: "runtime-unavailable",
      message: expect.stringMatching(/nowhere.*expected it to load; install onnxruntime-web/),
    });
    expect(second).toMatchObject({
      code: "device-unavailable",
      message: expect.stringMatching(/got 2 threads of WebAssembly, expected the 1 that the first codec/),
    });
    const later = await failureOf(openWebSession(MODEL, { ...NOWHERE, threads: 2 }));
    expect(later).toMatchObject({ code: "runtime-unavailable" });
    vi.unstubAllGlobals();
  });
});
