/**
 * Speed and memory by the size of the picture, through files: `compress` and `decompress` with the smallest shipped model. Each runs in a
 * process of its own, whose peak memory is told. Also measured is whether tiles can be seen.
 *
 *   npm run bench -- sizes
 *
 * `HALFSTEP_BENCH_MODEL` names another model, `HALFSTEP_BENCH_THREADS` another number of threads than 1.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openNetwork } from "../src/codec/graphs.ts";
import { createImageCodec } from "../src/codec/image-codec.ts";
import type { FloatArray, OwnedArray } from "../src/engine/index.ts";
import { openGraphOn } from "../src/engine/runtime/open-graph.ts";
import { wholeImage } from "../src/image/image-rows.ts";
import { findModel } from "../src/models/model-files.ts";
import { type BenchReport, median } from "./report.ts";
import type { SizesChildResult } from "./sizes-child.ts";
import { sizedPicture, writeSizedPicture } from "./sizes-picture.ts";

/** Width, height and rounds. The first size is just above the limit from which images go in tiles. */
const SIZES = [
  [1200, 900, 3],
  [2304, 1728, 3],
  [4608, 3456, 1],
  [12_000, 9_000, 1],
] as const;
const SEAM_SIZE = [2000, 1500] as const;
const CHILD = fileURLToPath(new URL("./sizes-child.ts", import.meta.url));
const execute = promisify(execFile);

async function child(...words: string[]): Promise<SizesChildResult> {
  const { stdout } = await execute(process.execPath, ["--import", "tsx", CHILD, ...words]);
  return JSON.parse(stdout) as SizesChildResult;
}

/** Measures all sizes. */
export async function benchSizes(_options: { readonly json: boolean }): Promise<BenchReport> {
  const model = process.env.HALFSTEP_BENCH_MODEL ?? "halfstep-1";
  const threads = process.env.HALFSTEP_BENCH_THREADS ?? "1";
  const folder = await mkdtemp(path.join(tmpdir(), "halfstep-sizes-"));
  const at = (name: string): string => path.join(folder, name);
  const rows: Record<string, string | number>[] = [];
  try {
    await writeSizedPicture(at("small.png"), 200, 150);
    const options = ["--model", model, "--threads", threads];
    for (const [width, height, rounds] of SIZES) {
      const megapixels = (width * height) / 1e6;
      await writeSizedPicture(at("in.png"), width, height);
      const [encodes, decodes]: [SizesChildResult[], SizesChildResult[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        encodes.push(await child("compress", at("small.png"), at("small.hst"), at("in.png"), at("in.hst"), ...options));
        decodes.push(
          await child("decompress", at("small.hst"), at("out-small.png"), at("in.hst"), at("out.png"), ...options),
        );
      }
      const speed = (results: readonly SizesChildResult[], time: "ms" | "cpuMs"): number =>
        Number(((1000 * megapixels) / median(results.map((result) => result[time]))).toFixed(2));
      const peak = (results: readonly SizesChildResult[]): number =>
        Math.round(Math.max(...results.map(({ peakMegabytes }) => peakMegabytes)));
      const bytes = (await stat(at("in.hst"))).size;
      rows.push({
        size: `${width}x${height}`,
        MP: Number(megapixels.toFixed(1)),
        bpp: Number(((8 * bytes) / (width * height)).toFixed(3)),
        "encode MP/s": speed(encodes, "ms"),
        "decode MP/s": speed(decodes, "ms"),
        "encode MP/CPU s": speed(encodes, "cpuMs"),
        "decode MP/CPU s": speed(decodes, "cpuMs"),
        "encode peak MB": peak(encodes),
        "decode peak MB": peak(decodes),
      });
      await rm(at("in.png"));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    name: "sizes",
    rows,
    notes: [
      `${model}, ${threads} thread(s); PNG to .hst and back to PNG by the commands, each in a process of its own; MB of 2^20 bytes.`,
      "MP/CPU s counts the processor's time of all threads: it holds where other programs take their share of the cores.",
      `Times are of the whole command in a process that has run it once on a small picture; medians of ${SIZES[0][2]} (the two largest: one).`,
      await seams(model),
    ],
  };
}

/** What tiles change in a picture that is just small enough to go through the network as a whole. */
async function seams(modelName: string): Promise<string> {
  const { model, identity } = await findModel(modelName);
  const runner = await openNetwork(model, openGraphOn("cpu"), 2);
  let latents: FloatArray | undefined;
  const synthesis = (yHat: FloatArray, quality?: FloatArray): Promise<OwnedArray> => {
    // The array is lent.
    latents = { data: yHat.data.slice(), shape: yHat.shape };
    return runner.synthesis(yHat, quality);
  };
  const [width, height] = SEAM_SIZE;
  const image = await wholeImage(await sizedPicture(width, height));
  const whole = createImageCodec(model, identity, { ...runner, synthesis }, { tileAbovePixels: width * height });
  const tiled = createImageCodec(model, identity, runner, { tileAbovePixels: 1 });
  const latentsOf = async (bytes: Uint8Array): Promise<Float32Array> => {
    latents = undefined;
    await whole.decode(bytes);
    return (latents as unknown as FloatArray).data;
  };
  const inTiles = (await tiled.encode(image)).bytes;
  const wanted = await latentsOf((await whole.encode(image)).bytes);
  const got = await latentsOf(inTiles);
  let otherLatents = 0;
  for (let i = 0; i < wanted.length; i++) if (wanted[i] !== got[i]) otherLatents++;
  const [a, b] = [(await whole.decode(inTiles)).data, (await tiled.decode(inTiles)).data];
  let [otherLevels, largest] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    otherLevels++;
    largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  }
  await runner.close();
  return (
    `${width}x${height} in tiles against whole: ${otherLatents} of ${wanted.length} latents and ` +
    `${otherLevels} of ${a.length} levels of pixels differ, the levels by at most ${largest}.`
  );
}
