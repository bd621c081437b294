import { appendFileSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { withTemporaryFolder } from "../../test/support/training-images.ts";
import { METRICS_FILE, type MetricsRow, MetricsWriter, readMetrics } from "./metrics.ts";

function row(step: number, type: MetricsRow["type"] = "train"): MetricsRow {
  return { type, step, loss: 1, bitsPerPixel: 1, meanSquaredError: 0.01, psnrDb: 20, milliseconds: 5 };
}

/** Writes rows 1..6, with a validation after step 4, and gives the metrics to a function that damages them. */
async function withMetrics(use: (folder: string, file: string) => void): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    const writer = new MetricsWriter(folder, 0);
    for (const step of [1, 2, 3, 4]) writer.append(row(step));
    writer.append(row(4, "validation"));
    for (const step of [5, 6]) writer.append(row(step));
    writer.close();
    use(folder, path.join(folder, METRICS_FILE));
  });
}

function replaceLine(file: string, number: number, text: string): void {
  writeFileSync(
    file,
    readFileSync(file, "utf8")
      .split("\n")
      .with(number - 1, text)
      .join("\n"),
  );
}

describe("MetricsWriter", () => {
  it("drops the rows after the completed steps and goes on from there", async () => {
    await withMetrics((folder, file) => {
      appendFileSync(file, '{"type":"train","st'); // as a killed process leaves it
      const writer = new MetricsWriter(folder, 4);
      writer.append(row(5));
      writer.close();
      expect(readMetrics(folder)).toEqual([row(1), row(2), row(3), row(4), row(4, "validation"), row(5)]);
    });
  });

  it.each([
    ["zeros", "\0".repeat(80)],
    ["half a row", '{"type":"train","st'],
    ["half a number", "17"],
    ["nothing", ""],
  ])("drops a line of %s, as a power failure leaves it, after the completed steps", async (_, damage) => {
    await withMetrics((folder, file) => {
      replaceLine(file, 6, damage);
      new MetricsWriter(folder, 4).close();
      expect(readMetrics(folder)).toEqual([row(1), row(2), row(3), row(4), row(4, "validation")]);
    });
  });

  it.skipIf(!existsSync("/dev/full"))("says cannot-write when the disk is full", async () => {
    await withTemporaryFolder(async (folder) => {
      const file = path.join(folder, METRICS_FILE);
      symlinkSync("/dev/full", `${file}.partial`);
      writeFileSync(file, `${JSON.stringify(row(1))}\n`);
      const expected = {
        code: "cannot-write",
        message: expect.stringContaining(`${file}: cannot be written (ENOSPC)`),
      };
      expect(() => new MetricsWriter(folder, 1)).toThrow(expect.objectContaining(expected));
      expect(readMetrics(folder)).toEqual([row(1)]);
      expect(readdirSync(folder)).toEqual([METRICS_FILE]);
    });
  });

  it("begins again over a first line that is damaged", async () => {
    await withMetrics((folder, file) => {
      replaceLine(file, 1, "\0\0");
      new MetricsWriter(folder, 0).close();
      expect(readMetrics(folder)).toEqual([]);
    });
  });

  it("refuses a damaged line that it would have to keep, says which, and leaves the file as it is", async () => {
    await withMetrics((folder, file) => {
      replaceLine(file, 3, "\0\0");
      const damaged = readFileSync(file);
      const expected = {
        code: "bad-metrics",
        exitCode: 1,
        message: expect.stringContaining(`"${file}": got a line 3`),
      };
      expect(() => new MetricsWriter(folder, 4)).toThrow(expect.objectContaining(expected));
      expect(() => readMetrics(folder)).toThrow(expect.objectContaining(expected));
      expect(readFileSync(file)).toEqual(damaged);
    });
  });
});
