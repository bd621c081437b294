/**
 * The curves of several files of results under different names: measured ones by their codec, quoted ones with
 * "quoted-" before it. Refuses to put together what must not be compared: measured curves of different images, or a quoted set beside
 * a measured one of another name or number of images.
 */
import { HalfstepError, UsageError } from "../../errors.ts";
import type { EvaluationResult, ResultCurve } from "./result-schema.ts";

/** A curve with its name and where it comes from. */
export interface NamedCurve extends ResultCurve {
  readonly name: string;
  readonly source: "measured" | "quoted";
  readonly file: string;
  readonly imageSet: string;
  readonly imageCount: number;
  readonly meta: EvaluationResult["meta"];
}

/** A file of results. */
export interface NamedResult {
  readonly file: string;
  readonly result: EvaluationResult;
}

/**
 * Puts the curves together.
 * @param chosen names to keep, in this order. Default all.
 * @throws {HalfstepError} `duplicate-curve`, `different-images`
 * @throws {UsageError} `unknown-curve`, with the names there are
 */
export function nameCurves(results: readonly NamedResult[], chosen?: readonly string[]): readonly NamedCurve[] {
  const curves = results.flatMap(({ file, result: { meta, curves } }) => {
    const common = {
      file,
      meta,
      source: meta.source,
      imageSet: meta.imageSet,
      imageCount: meta.source === "measured" ? meta.images.length : meta.imageCount,
    };
    return curves.map((curve) => ({
      ...curve,
      ...common,
      name: meta.source === "measured" ? curve.codec : `quoted-${curve.codec}`,
    }));
  });
  const kept = chosen === undefined ? curves : chosen.map((name) => findCurve(curves, name, "--curves"));
  for (const [i, curve] of kept.entries()) {
    const twin = kept.slice(0, i).find(({ name }) => name === curve.name);
    if (twin !== undefined) {
      const where = twin.file === curve.file ? twin.file : `${twin.file} and ${curve.file}`;
      throw new HalfstepError("duplicate-curve", `${where}: got "${curve.name}" twice; leave one out`);
    }
    checkImages(kept[0]!, curve);
  }
  return kept;
}

/** The curve of a name. @throws {UsageError} `unknown-curve` */
export function findCurve(curves: readonly NamedCurve[], name: string, option: string): NamedCurve {
  const found = curves.find((curve) => curve.name === name);
  if (found !== undefined) return found;
  const known = curves.map((curve) => curve.name).join(", ");
  throw new UsageError("unknown-curve", `${option}: got "${name}", expected one of ${known}`);
}

function checkImages(first: NamedCurve, curve: NamedCurve): void {
  const contents = ({ meta }: NamedCurve): string =>
    meta.source === "measured" ? meta.images.map(({ sha256 }) => sha256).join() : "";
  const bothMeasured = first.source === "measured" && curve.source === "measured";
  const same = bothMeasured
    ? contents(first) === contents(curve)
    : first.imageSet === curve.imageSet && first.imageCount === curve.imageCount;
  if (same) return;
  const described = ({ name, imageCount, imageSet }: NamedCurve): string =>
    `${name} of ${imageCount} images (${imageSet})`;
  throw new HalfstepError(
    "different-images",
    `${curve.file}: got ${described(curve)} beside ${described(first)}, expected the same images; make a report of each`,
  );
}
