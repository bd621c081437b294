import { describe, expect, it } from "vitest";
import { qualityResponse, RESPONSE_COLUMNS, responseCells, responseText } from "./quality-response.ts";
import type { ResultCurve, ResultPoint } from "./result-schema.ts";

/** A point of two images of 800 pixels, the second of which takes as many bytes as the first or as many as said. */
function point(quality: number, bytes: number, psnrDb: number, second = bytes): ResultPoint {
  return {
    setting: String(quality),
    model: { name: "m", identity: "a".repeat(64), quality },
    bitsPerPixel: (bytes + second) / 200,
    psnrDb,
    msSsim: null,
    msSsimDb: null,
    images: { bytes: [bytes, second], psnrDb: [], msSsim: [], encodeMs: [], decodeMs: [] },
  };
}

const curveOf = (...points: ResultPoint[]): ResultCurve => ({ codec: "m", label: "M", settings: "", points });

/** Bytes grow by a tenth, PSNR by a dB, for every ten of the quality. */
const even = [0, 10, 20, 30, 40].map((quality, i) => point(quality, Math.round(1e6 * 1.1 ** i), 30 + i));

describe("the answer to the quality setting", () => {
  it("rises at every step, by the same factor for a unit of quality, whatever the distances of the qualities", () => {
    const response = qualityResponse(curveOf(even[4]!, even[0]!, even[1]!, even[3]!))!;
    expect(response.problems).toEqual([]);
    expect(response.rows.map(({ quality }) => quality)).toEqual([0, 10, 30, 40]);
    expect(response.rows[2]?.growthPercent).toBeCloseTo(21, 3);
    expect(response.medianGrowthPercent).toBeCloseTo((1.1 ** 0.1 - 1) * 100, 4);
    expect(response.overMedian![0]).toBeCloseTo(1, 4);
    expect(response.overMedian![1]).toBeCloseTo(1, 4);
    expect(responseText(response)).toMatch(/rise at each of 3 steps.*0\.96 %.*1\.0 to 1\.0 times.*Of 6 steps.*0 give/);
    const cells = responseCells(response);
    expect(cells[1]).toEqual(["10", "11000.0000", "10.0 %", "0", "31.000", "-"]);
    for (const row of cells) expect(row).toHaveLength(RESPONSE_COLUMNS.length);
  });

  it("that turns back or stands still is a problem, of the rate and of the PSNR", () => {
    const back = qualityResponse(curveOf(even[0]!, point(10, 900_000, 31), even[2]!, point(30, 1.4e6, 32)))!;
    expect(back.problems).toEqual([
      "the rate does not rise from quality 0 to 10",
      "the PSNR does not rise from quality 20 to 30",
    ]);
    expect(back.rows.map(({ imagesNotLarger }) => imagesNotLarger)).toEqual([0, 2, 0, 0]);
    expect(responseText(back)).toMatch(/^Over 3 steps of the quality, the rate does not rise.*; the PSNR does not/);
    const still = qualityResponse(curveOf(...[0, 50, 100].map((quality) => point(quality, 1000, 30))))!;
    expect(still.overMedian).toBeNull();
    expect(still.problems).toHaveLength(4);
    expect(responseText(still)).not.toContain("times that");
  });

  it("that jumps is a problem; single images that do not follow are counted", () => {
    const jumping = [...even.slice(0, 4), point(40, 2_000_000, 34)];
    expect(qualityResponse(curveOf(...jumping))?.problems).toEqual([
      "the rate jumps from quality 30 to 40, by 4.3 times the median step",
    ]);
    const single = [even[0]!, point(10, 1_250_000, 31, 950_000), even[2]!];
    const response = qualityResponse(curveOf(...single))!;
    expect(response.problems).toEqual([]);
    // The second image shrinks at the first step, the first one at the second.
    expect(response.rows.map(({ imagesNotLarger }) => imagesNotLarger)).toEqual([0, 1, 1]);
  });

  it("does not exist for models of fixed rate, other codecs and two qualities", () => {
    const without = even.map(({ model: _, ...rest }) => rest);
    expect(qualityResponse(curveOf(...without))).toBeNull();
    expect(qualityResponse(curveOf(even[0]!, even[1]!))).toBeNull();
  });
});
