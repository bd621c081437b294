/**
 * Rate and distortion of the shipped models on a folder of test photographs, by real files through the command line, beside
 * JPEG (mozjpeg, 4:2:0). Prints a table of mean points, and the BD-rates. The folder is usually the Kodak photographs.
 *
 *   HALFSTEP_TEST_IMAGES=<folder> npm run bench -- kodak
 *
 * Both codecs are averaged alike: mean bits per pixel and mean PSNR over the photographs at each model or JPEG quality.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { bdRate, encodeJpeg, msSsim, psnr } from "../src/evaluate/index.ts";
import { decodeImage, readImage } from "../src/image/read-image.ts";
import { type Codec, listModels, loadCodec } from "../src/node.ts";
import type { BenchReport } from "./report.ts";

const JPEG_QUALITIES = [5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 75, 80, 85, 90];
const run = promisify(execFile);
const PROGRAM = new URL("../src/cli/main.ts", import.meta.url).pathname;

interface Point {
  readonly bpp: number;
  readonly psnrDb: number;
  readonly msSsim: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanPoint = (points: readonly Point[]): Point => ({
  bpp: mean(points.map(({ bpp }) => bpp)),
  psnrDb: mean(points.map(({ psnrDb }) => psnrDb)),
  msSsim: mean(points.map((point) => point.msSsim)),
});

async function halfstep(...words: string[]): Promise<void> {
  await run(process.execPath, ["--import", "tsx", PROGRAM, ...words, "--quiet"]);
}

/** Compresses, decompresses and compares, by real files. Also returns by how much the file exceeds its estimate plus 1 %. */
async function throughFiles(
  photograph: string,
  codec: Codec,
  folder: string,
): Promise<Point & { excessBytes: number }> {
  const stream = path.join(folder, "photograph.hst");
  const png = path.join(folder, "photograph.png");
  await halfstep("compress", photograph, stream, "--model", codec.model.name, "--force");
  await halfstep("decompress", stream, png, "--force");
  const [{ image }, { image: decoded }] = await Promise.all([readImage(photograph), readImage(png)]);
  const file = await readFile(stream);
  const { bytes: expected, estimatedBits } = await codec.encode(image, { estimate: true });
  if (!file.equals(expected)) throw new Error(`kodak: ${photograph}: the file is not what the library encodes`);
  const bytes = file.length;
  return {
    bpp: (8 * bytes) / (image.width * image.height),
    psnrDb: psnr(image, decoded),
    msSsim: msSsim(image, decoded),
    excessBytes: bytes - 1.01 * ((estimatedBits as number) / 8),
  };
}

/** Measures the folder named by the environment. @throws {Error} if it is not given or empty. */
export async function benchKodak(_options: { readonly json: boolean }): Promise<BenchReport> {
  const source = process.env.HALFSTEP_TEST_IMAGES;
  if (source === undefined) throw new Error("kodak: set HALFSTEP_TEST_IMAGES to a folder of photographs (PNG)");
  const photographs = (await readdir(source)).filter((name) => name.endsWith(".png")).sort();
  if (photographs.length === 0) throw new Error(`kodak: ${source}: got no PNG files, expected photographs`);
  const files = photographs.map((name) => path.join(source, name));
  const folder = await mkdtemp(path.join(tmpdir(), "halfstep-kodak-"));
  const ours: Point[] = [];
  const rows: Record<string, string | number>[] = [];
  const worstExcess: number[] = [];
  const addRow = (codec: string, setting: string, point: Point): void => {
    const { bpp, psnrDb, msSsim: similarity } = point;
    rows.push({
      codec,
      setting,
      bpp: Number(bpp.toFixed(4)),
      "PSNR dB": Number(psnrDb.toFixed(3)),
      "MS-SSIM": Number(similarity.toFixed(4)),
    });
  };
  try {
    for (const { name } of await listModels()) {
      const points: (Point & { excessBytes: number })[] = [];
      const codec = await loadCodec({ model: name });
      if (codec.model.lambdaRange !== null) {
        await codec.close();
        continue;
      }
      for (const file of files) points.push(await throughFiles(file, codec, folder));
      await codec.close();
      worstExcess.push(Math.max(...points.map(({ excessBytes }) => excessBytes)));
      ours.push(meanPoint(points));
      addRow("halfstep", name, meanPoint(points));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const jpeg: Point[] = [];
  for (const quality of JPEG_QUALITIES) {
    const points: Point[] = [];
    for (const file of files) {
      const { image } = await readImage(file);
      const bytes = await encodeJpeg(image, { quality });
      const { image: decoded } = await decodeImage(bytes, "JPEG");
      const bpp = (8 * bytes.length) / (image.width * image.height);
      points.push({ bpp, psnrDb: psnr(image, decoded), msSsim: msSsim(image, decoded) });
    }
    jpeg.push(meanPoint(points));
    addRow("JPEG", String(quality), meanPoint(points));
  }
  const curve = (points: readonly Point[]) => points.map(({ bpp, psnrDb }) => ({ bitsPerPixel: bpp, quality: psnrDb }));
  const bd = bdRate(curve(ours), curve(jpeg));
  return {
    name: "kodak",
    rows,
    notes: [
      `${files.length} photographs through real files by the command line; all bytes counted, means over the photographs; models of fixed rate, which are one curve (others: halfstep evaluate).`,
      `BD-rate (PSNR) against JPEG (mozjpeg, 4:2:0): ${bd.percent.toFixed(1)} % over ${bd.interval.map((db) => db.toFixed(1)).join("..")} dB.`,
      `largest file beyond its estimate + 1 %: ${Math.max(...worstExcess).toFixed(1)} bytes (at most 64 is the aim).`,
    ],
  };
}
