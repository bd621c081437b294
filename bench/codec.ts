/**
 * Milliseconds to encode and decode a picture of 768x512, files included: from pixels to the finished `.hst` file, and from
 * that file to the finished PNG. The model is loaded and warm. Measured are the default model at its default quality, and networks with drawn weights.
 * Drawn weights change the number of bits, which a column tells, and nothing else that takes time. JPEG by the same image library takes turns with it.
 * Run: `npm run bench -- codec`.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeFileAtomic } from "../src/atomic-file.ts";
import { CounterRandom } from "../src/engine/index.ts";
import { encodeJpeg } from "../src/evaluate/index.ts";
import type { Image } from "../src/image/image.ts";
import { decodeImage, encodePng } from "../src/image/read-image.ts";
import { type Codec, loadCodec, openCodec } from "../src/models/load-codec.ts";
import { randomModel } from "../test/support/random-model.ts";
import { type BenchReport, median } from "./report.ts";

const WIDTH = 768;
const HEIGHT = 512;
const WARM_UP_ROUNDS = 2;
const ROUNDS = 11;

interface Case {
  readonly model: string;
  readonly threads: number;
  open(): Promise<Codec>;
}

const CASES: readonly Case[] = [1, 2].flatMap((threads) => [
  { model: "the default model", threads, open: () => loadCodec({ threads }) },
  ...[64, 128].map((N) => {
    const M = (N * 3) / 2;
    const open = () => openCodec(randomModel({ type: "mean-scale-hyperprior", N, M }), { threads });
    return { model: `mean-scale-hyperprior, N ${N}, M ${M}, drawn`, threads, open };
  }),
]);

/** Soft shapes with fine noise on them: as busy as a photograph for the entropy coder. */
function picture(): Image {
  const noise = new Float32Array(3 * WIDTH * HEIGHT);
  new CounterRandom(1).fillUniform(noise, 0, 0, -12, 12);
  const data = Uint8Array.from(noise, (value, i) => {
    const x = Math.floor(i / 3) % WIDTH;
    const y = Math.floor(i / 3 / WIDTH);
    const shape = 50 * Math.sin(x / 37 + (i % 3)) + 40 * Math.sin(y / 23 + x / 90) + (x % 96 < 48 ? 15 : -15);
    return Math.min(255, Math.max(0, 128 + shape + value));
  });
  return { width: WIDTH, height: HEIGHT, data };
}

/** Measures all cases. @throws {Error} if a round trip does not give the size that went in. */
export async function benchCodec(_options: { readonly json: boolean }): Promise<BenchReport> {
  const image = picture();
  const folder = await mkdtemp(path.join(tmpdir(), "halfstep-bench-"));
  const rows: Record<string, string | number>[] = [];
  try {
    for (const { model, threads, open } of CASES) {
      const codec = await open();
      const file = path.join(folder, "picture.hst");
      const times = {
        encode: [] as number[],
        decode: [] as number[],
        jpegEncode: [] as number[],
        jpegDecode: [] as number[],
      };
      let bitsPerPixel = 0;
      for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
        const marks = [performance.now()];
        const mark = (): number => marks.push(performance.now());
        const encoded = await codec.encode(image);
        await writeFileAtomic(file, encoded.bytes, { force: true });
        mark();
        const decoded = await codec.decode(await readFile(file));
        await writeFileAtomic(path.join(folder, "picture.png"), await encodePng(decoded), { force: true });
        mark();
        const jpeg = await encodeJpeg(image, { quality: 75 });
        await writeFileAtomic(path.join(folder, "picture.jpg"), jpeg, { force: true });
        mark();
        const { image: fromJpeg } = await decodeImage(await readFile(path.join(folder, "picture.jpg")), "JPEG");
        await writeFileAtomic(path.join(folder, "jpeg.png"), await encodePng(fromJpeg), { force: true });
        mark();
        if (decoded.data.length !== image.data.length) throw new Error("codec: the decoded image has another size");
        bitsPerPixel = encoded.bitsPerPixel;
        if (round < 0) continue;
        for (const [i, list] of Object.values(times).entries()) {
          list.push(marks[i + 1]! - marks[i]!);
        }
      }
      await codec.close();
      rows.push({
        model,
        threads,
        bpp: Number(bitsPerPixel.toFixed(2)),
        "encode ms": Math.round(median(times.encode)),
        "decode ms": Math.round(median(times.decode)),
        "mozjpeg encode ms": Math.round(median(times.jpegEncode)),
        "JPEG decode ms": Math.round(median(times.jpegDecode)),
        "encode / mozjpeg": Number((median(times.encode) / median(times.jpegEncode)).toFixed(1)),
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    name: "codec",
    rows,
    notes: [
      `${WIDTH}x${HEIGHT}, medians of ${ROUNDS} rounds in turns.`,
      "encode: pixels to .hst file; decode: .hst file to PNG file. Model loaded before.",
    ],
  };
}
