/**
 * The quoted curves that the package carries (results/quoted), by short names, and measured curves compared with them. Quoted
 * numbers are never written into a file of measurements.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { UsageError } from "../../errors.ts";
import { packagePath } from "../../package-folder.ts";
import type { RateBounds } from "../bd-rate.ts";
import { type BdRow, bdTable } from "./bd-table.ts";
import { findCurve, type NamedCurve, nameCurves } from "./named-curves.ts";
import { type EvaluationResult, readResult } from "./result-schema.ts";

const QUOTED_FOLDER: string = packagePath("results", "quoted");
const PREFIX = "quoted-";

/** A quoted curve and what measured curves are against it, in the order of the result. */
export interface QuotedComparison {
  /** Short name, such as "vtm". */
  readonly quoted: string;
  readonly rows: readonly BdRow[];
}

/**
 * Finds quoted curves, before anything is measured.
 * @param names such as "vtm" or "bpg444"
 * @param imageSet name of the folder to measure
 * @throws {UsageError} `unknown-curve` with the names there are, `different-images` if a curve is of other images
 */
export async function findQuoted(names: readonly string[], imageSet: string): Promise<readonly NamedCurve[]> {
  if (names.length === 0) return [];
  const files = (await readdir(QUOTED_FOLDER)).filter((name) => name.endsWith(".json")).sort();
  const all = (
    await Promise.all(
      files.map(async (name) => {
        const file = path.join(QUOTED_FOLDER, name);
        return nameCurves([{ file, result: await readResult(file) }]);
      }),
    )
  ).flat();
  const short = all.map((curve) => ({ ...curve, name: curve.name.slice(PREFIX.length) }));
  return names.map((name) => {
    const curve = findCurve(short, name, "--quoted");
    if (curve.imageSet === imageSet) return curve;
    throw new UsageError(
      "different-images",
      `--quoted: got "${name}", whose images are "${curve.imageSet}", beside the folder "${imageSet}", expected the same images; leave it out, or name the folder "${curve.imageSet}" if it holds them`,
    );
  });
}

/**
 * BD-rates (PSNR) of measured curves against quoted ones; where the numbers of images differ, every row says so instead.
 * @param rates as those of `bdTable`
 */
export function compareWithQuoted(
  file: string,
  result: EvaluationResult,
  quoted: readonly NamedCurve[],
  rates?: RateBounds,
): readonly QuotedComparison[] {
  const measured = nameCurves([{ file, result }]);
  return quoted.map((curve) => {
    const rows = bdTable(measured, curve, "psnr", rates);
    const counts = [measured[0]?.imageCount, curve.imageCount];
    if (counts[0] === counts[1]) return { quoted: curve.name, rows };
    const problem = `measured over ${counts[0]} images, quoted over ${counts[1]}`;
    const nothing = { ratePercent: null, cubicPercent: null, gain: null, interval: null, problem };
    return { quoted: curve.name, rows: rows.map((row) => ({ ...row, ...nothing })) };
  });
}
