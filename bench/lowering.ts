/**
 * Milliseconds of one convolution and its two gradients, lowered to standard ONNX and to the direct kernels with blocked channels
 * (docs/decisions/0004, 0010), layer by layer of the mean-scale hyperprior at batch 8 of 128x128. Images come and go in plain
 * order, so the time of the direct kernels includes both conversions, which a network makes only at its ends. The two take turns.
 * Run: `npm run bench -- lowering`.
 */

import {
  applyOp,
  arrayOf,
  CounterRandom,
  conv2d,
  defineGraph,
  elementCount,
  graphInput,
  type Session,
  type Tensor,
} from "../src/engine/index.ts";
import { exportOnnx } from "../src/engine/onnx/export.ts";
import { blockedChannels } from "../src/engine/ops/blocked-lowerings.ts";
import { conv2dKernelGradientOp, convTranspose2dOp } from "../src/engine/ops/convolution.ts";
import { channelBlockSize } from "../src/engine/runtime/channel-block.ts";
import { openSession } from "../src/engine/runtime/session.ts";
import { type BenchReport, median } from "./report.ts";

const BATCH = 8;
const ROUNDS = 15;

interface Layer {
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Height and width of the input. */
  readonly side: number;
  readonly kernel: number;
  readonly stride: number;
}

const LAYERS: readonly Layer[] = [
  { inputChannels: 3, outputChannels: 64, side: 128, kernel: 5, stride: 2 },
  { inputChannels: 64, outputChannels: 64, side: 64, kernel: 5, stride: 2 },
  { inputChannels: 64, outputChannels: 64, side: 32, kernel: 5, stride: 2 },
  { inputChannels: 64, outputChannels: 96, side: 16, kernel: 5, stride: 2 },
  { inputChannels: 64, outputChannels: 64, side: 64, kernel: 1, stride: 1 },
  { inputChannels: 144, outputChannels: 192, side: 8, kernel: 3, stride: 1 },
  { inputChannels: 128, outputChannels: 128, side: 64, kernel: 5, stride: 2 },
];

type Work = "forward" | "input gradient" | "kernel gradient";

function workOf(work: Work, { inputChannels, outputChannels, side, kernel, stride }: Layer): Tensor {
  const geometry = { stride, padding: (kernel - 1) / 2, dilation: 1, groups: 1 };
  const x = graphInput("x", [BATCH, inputChannels, side, side]);
  const filter = graphInput("filter", [outputChannels, inputChannels, kernel, kernel]);
  const gradient = graphInput("gradient", [BATCH, outputChannels, side / stride, side / stride]);
  if (work === "forward") return conv2d(x, filter, geometry);
  if (work === "input gradient")
    return applyOp(convTranspose2dOp, [gradient, filter], { ...geometry, size: [side, side] });
  return applyOp(conv2dKernelGradientOp, [x, gradient], { ...geometry, kernel: [kernel, kernel] });
}

async function runner(result: Tensor, channelBlock: number, threads: number) {
  const graph = defineGraph({ result });
  const session: Session = await openSession(exportOnnx(graph, { blocked: blockedChannels(channelBlock) }), {
    threads,
  });
  const random = new CounterRandom(1);
  const feeds = new Map(
    [...graph.inputs].map(([name, { shape }], stream) => {
      const data = new Float32Array(elementCount(shape));
      random.fillUniform(data, 0, stream);
      return [name, { data, shape }];
    }),
  );
  let computed = new Float32Array(0);
  const times: number[] = [];
  const run = async (): Promise<void> => {
    const start = performance.now();
    const results = await session.run(feeds);
    times.push(performance.now() - start);
    computed = arrayOf(results, "result").data;
  };
  await run();
  times.length = 0;
  return { run, times, result: computed, close: () => session.close() };
}

/** @throws {Error} if the two lowerings disagree: a wrong result is not timed. */
function checkEqual(a: Float32Array, b: Float32Array, what: string): void {
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
  if (!(worst <= 1e-5 * largest)) throw new Error(`lowering: ${what} differs by ${worst} of ${largest}`);
}

/** Measures all layers with one and with two threads. */
export async function benchLowering(_options: { readonly json: boolean }): Promise<BenchReport> {
  const channelBlock = await channelBlockSize();
  const rows: Record<string, string | number>[] = [];
  for (const layer of LAYERS) {
    for (const work of ["forward", "input gradient", "kernel gradient"] as const) {
      const { inputChannels, outputChannels, side, kernel, stride } = layer;
      const row: Record<string, string | number> = {
        layer: `[${BATCH}, ${inputChannels}, ${side}, ${side}] ${kernel}x${kernel}/${stride} to ${outputChannels}`,
        work,
      };
      for (const threads of [1, 2]) {
        const result = workOf(work, layer);
        const plain = await runner(result, 1, threads);
        const blocked = await runner(result, channelBlock, threads);
        checkEqual(plain.result, blocked.result, `${row.layer} ${work}`);
        for (let round = 0; round < ROUNDS; round++) {
          for (const { run } of [plain, blocked]) await run();
        }
        for (const [name, { times, close }] of Object.entries({ plain, blocked })) {
          row[`${name} ms, ${threads} thr`] = Number(median(times).toFixed(2));
          await close();
        }
      }
      rows.push(row);
    }
  }
  return { name: "lowering", rows, notes: [`medians of ${ROUNDS} runs; channels in blocks of ${channelBlock}.`] };
}
