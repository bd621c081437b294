/**
 * Milliseconds of the measures of quality on two images of 768 x 512 pixels, which take turns, in one thread.
 * Run: `npm run bench -- measures`.
 */
import process from "node:process";
import { MEASURES } from "../src/evaluate/index.ts";
import type { Image } from "../src/image/image.ts";
import { type BenchReport, median } from "./report.ts";
import { readTestImage, testImages } from "./test-images.ts";

const ROUNDS = 9;
const SIZE = { width: 768, height: 512 };

/** Every level is up to 8 off, in the same way at every run. */
function disturbed({ width, height, data }: Image): Image {
  return { width, height, data: data.map((level, i) => Math.min(Math.max(level + ((i * 40503) % 17) - 8, 0), 255)) };
}

/** Measures them. */
export async function benchMeasures(): Promise<BenchReport> {
  const { files } = await testImages();
  const images = await Promise.all(files.map((file) => readTestImage(file, SIZE)));
  const original = images.find(({ width, height }) => width === SIZE.width && height === SIZE.height);
  if (original === undefined) throw new Error(`got no image of ${SIZE.width} x ${SIZE.height} pixels or more`);
  const distorted = disturbed(original);
  const times = Object.values(MEASURES).map(({ heading: name, measure }) => {
    // The first call is compiled.
    const value = measure(original, distorted);
    if (value === null || !(value > 0)) throw new Error(`${name}: got ${value} for images that are much alike`);
    return { name, measure, value, wallMs: [] as number[], processorMs: [] as number[] };
  });
  for (let round = 0; round < ROUNDS; round++) {
    for (const { measure, wallMs, processorMs } of times) {
      const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
      measure(original, distorted);
      const { user, system } = process.cpuUsage(startCpu);
      wallMs.push(performance.now() - startMs);
      processorMs.push((user + system) / 1000);
    }
  }
  return {
    name: `Measures of quality, ${SIZE.width} x ${SIZE.height} pixels`,
    rows: times.map(({ name, value, wallMs, processorMs }) => ({
      measure: name,
      value: Number(value.toFixed(3)),
      "median ms": Math.round(median(wallMs)),
      "median ms of the processor": Math.round(median(processorMs)),
      "least ms": Math.round(Math.min(...wallMs)),
    })),
    notes: [`${ROUNDS} rounds, the measures taking turns. Time of the processor says more where other programs run.`],
  };
}
