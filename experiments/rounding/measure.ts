/**
 * What is the squared error of a quantization step worth when an encoder rounds? This program codes crops of photographs that no model was trained
 * on, with several weights, and writes what they cost: `results/measured/rounding.json`, and a table on stdout. Decision 0016 reads it.
 *
 *   npx tsx experiments/rounding/measure.ts --data <packed images> [models]
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../../src/atomic-file.ts";
import { lambdaOfField, qualityField } from "../../src/codec/quality-setting.ts";
import { HalfstepError } from "../../src/errors.ts";
import { resultText } from "../../src/evaluate/study/result-schema.ts";
import type { Image } from "../../src/image/image.ts";
import { loadCodec } from "../../src/models/load-codec.ts";
import { describeSurroundings } from "../../src/surroundings.ts";
import { validationCrops } from "../validation-crops.ts";

const RESULT: string = fileURLToPath(new URL("../../results/measured/rounding.json", import.meta.url));
const DEFAULT_MODELS = ["halfstep-1"];
const WEIGHTS = [Infinity, 80, 40, 20, 10];
const QUALITIES = [0, 25, 50, 75, 100];
const CROPS = 12;
const SIDE = 512;

interface Row {
  readonly model: string;
  /** null for a model of fixed rate. */
  readonly quality: number | null;
  readonly lambda: number;
  /** null for the nearest integers. */
  readonly bitsPerSquaredStep: number | null;
  readonly bitsPerPixel: number;
  readonly psnrDb: number;
  /** Bits per pixel + lambda * mean squared error of levels 0..255. */
  readonly loss: number;
}

function squaredError(a: Image, b: Image): number {
  return a.data.reduce((sum, level, i) => sum + (level - b.data[i]!) ** 2, 0) / a.data.length;
}

async function measureModel(model: string, images: readonly Image[]): Promise<readonly Row[]> {
  const codec = await loadCodec({ model });
  const { lambda, lambdaRange, name } = codec.model;
  const settings = lambdaRange === null ? [null] : QUALITIES;
  const rows: Row[] = [];
  for (const quality of settings) {
    const weight =
      quality === null || lambdaRange === null ? lambda : lambdaOfField(qualityField(quality), lambdaRange);
    for (const bitsPerSquaredStep of WEIGHTS) {
      let [bits, error] = [0, 0];
      for (const image of images) {
        const { bytes, bitsPerPixel } = await codec.encode(image, {
          bitsPerSquaredStep,
          ...(quality === null ? {} : { quality }),
        });
        bits += bitsPerPixel / images.length;
        error += squaredError(image, await codec.decode(bytes)) / images.length;
      }
      const row = {
        model: name,
        quality,
        lambda: weight,
        bitsPerSquaredStep: Number.isFinite(bitsPerSquaredStep) ? bitsPerSquaredStep : null,
        bitsPerPixel: bits,
        psnrDb: 10 * Math.log10(255 ** 2 / error),
        loss: bits + weight * error,
      };
      rows.push(row);
      const columns = [name, quality ?? "-", bitsPerSquaredStep, bits.toFixed(4), row.psnrDb.toFixed(3)];
      process.stdout.write(`${[...columns, row.loss.toFixed(4)].join("\t")}\n`);
    }
  }
  await codec.close();
  return rows;
}

const { values, positionals } = parseArgs({ options: { data: { type: "string" } }, allowPositionals: true });
try {
  if (values.data === undefined) throw new HalfstepError("bad-usage", "rounding: expected --data <packed images>");
  const images = validationCrops(values.data, { count: CROPS, side: SIDE });
  process.stdout.write("model\tquality\tbits per squared step\tbpp\tPSNR dB\tloss\n");
  const rows: Row[] = [];
  for (const model of positionals.length === 0 ? DEFAULT_MODELS : positionals) {
    rows.push(...(await measureModel(model, images)));
  }
  const meta = {
    source: "measured",
    command: "npx tsx experiments/rounding/measure.ts --data <packed images>",
    note: `${CROPS} crops of ${SIDE} x ${SIDE} of photographs that were not trained on; whole files`,
    date: new Date().toISOString().slice(0, 10),
    ...(await describeSurroundings()),
  };
  await writeFileAtomic(RESULT, new TextEncoder().encode(resultText({ meta, rows })), { force: true });
} catch (error) {
  if (!(error instanceof HalfstepError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
