/**
 * Milliseconds of one training step (forward, loss, backward, clipping, Adam, moving average of the weights) of the mean-scale
 * hyperprior, batch 8 of 128x128, beside PyTorch taking the same step. The two take turns within one run, step by step; both
 * are warm. Where PyTorch is not installed its columns say so. Run: `npm run bench -- train-step`.
 */
import { CounterRandom } from "../src/engine/index.ts";
import { createTrainStep } from "../src/train/onnx-train-step.ts";
import { validateConfig } from "../src/train/parse-config.ts";
import { startPyTorch } from "./peers/run-pytorch.ts";
import { type BenchReport, median } from "./report.ts";

const BATCH = 8;
const CROP = 128;
const WARM_UP_STEPS = 3;
const ROUNDS = 5;
const STEPS_PER_ROUND = 5;
const LEARNING_RATE = 1e-4;

/** Widths and thread counts that are measured. */
const CASES: readonly { readonly N: number; readonly M: number; readonly threads: number }[] = [
  { N: 64, M: 96, threads: 1 },
  { N: 64, M: 96, threads: 2 },
  { N: 128, M: 192, threads: 1 },
  { N: 128, M: 192, threads: 2 },
];

/** Measures all cases. @throws {Error} if a step does not give a finite loss: a broken step is not timed. */
export async function benchTrainStep(_options: { readonly json: boolean }): Promise<BenchReport> {
  const notes = new Set<string>([
    `batch ${BATCH} of ${CROP}x${CROP}; medians of ${ROUNDS * STEPS_PER_ROUND} steps each, taking turns every ${STEPS_PER_ROUND}.`,
  ]);
  const rows: Record<string, string | number>[] = [];
  const batch = new Float32Array(BATCH * 3 * CROP * CROP);
  new CounterRandom(1).fillUniform(batch, 0, 0, 0, 1);
  for (const { N, M, threads } of CASES) {
    const config = validateConfig({
      data: "unused",
      network: { N, M },
      batch: BATCH,
      crop: CROP,
      threads,
    });
    const ours = await createTrainStep(config);
    const peer = await startPyTorch({ N, M, batch: BATCH, crop: CROP, threads });
    let step = 0;
    const takeSteps = async (count: number): Promise<number[]> => {
      const times: number[] = [];
      for (let i = 0; i < count; i++) {
        const start = performance.now();
        const { loss } = await ours.run(batch, step++, LEARNING_RATE);
        times.push(performance.now() - start);
        if (!Number.isFinite(loss)) throw new Error(`train-step: the loss of step ${step} is ${loss}`);
      }
      return times;
    };
    await takeSteps(WARM_UP_STEPS);
    const oursMs: number[] = [];
    const peerMs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      oursMs.push(...(await takeSteps(STEPS_PER_ROUND)));
      if (typeof peer !== "string") peerMs.push(...(await peer.run(STEPS_PER_ROUND)));
    }
    await ours.dispose();
    const row: Record<string, string | number> = { N, M, threads, "halfstep ms": round1(median(oursMs)) };
    if (typeof peer === "string") {
      notes.add(`PyTorch was skipped: ${peer}`);
    } else {
      row["PyTorch ms"] = round1(median(peerMs));
      row["PyTorch / halfstep"] = Number((median(peerMs) / median(oursMs)).toFixed(2));
      notes.add(
        `PyTorch ${peer.about.torch}, BLAS ${peer.about.blas}; fastest of its memory layouts and BLAS threads.`,
      );
      await peer.close();
    }
    rows.push(row);
  }
  return { name: "train-step", rows, notes: [...notes] };
}

function round1(value: number): number {
  return Number(value.toFixed(1));
}
