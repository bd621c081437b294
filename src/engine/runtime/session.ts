/**
 * Runs ONNX models by onnxruntime-node: on the processor, or on a graphics card through its WebGPU or CUDA provider.
 *
 * CUDA is untested: its library is not part of the npm package (docs/decisions/0009-runtimes.md).
 */
import { availableParallelism } from "node:os";
import process from "node:process";
import * as ort from "onnxruntime-node";
import { checkOneOf } from "../../arguments.ts";
import { HalfstepError, UsageError } from "../../errors.ts";
import { withLeadingPadding } from "../onnx/leading-padding.ts";
import type { Session } from "../session.ts";
import { arraySession, checkThreads } from "./array-session.ts";

/** Where a model can run. */
export const DEVICES = ["cpu", "webgpu", "cuda"] as const;
/** The processor, a graphics card through its driver, or a graphics card through NVIDIA's libraries (untested). */
export type Device = (typeof DEVICES)[number];

/** Options of {@link openSession}. */
export interface SessionOptions {
  /** Threads inside one run, at least 1. Default 1. A graphics card ignores it. */
  readonly threads?: number;
  /** Default "cpu". */
  readonly device?: Device;
  /** Write onnxruntime's profile to files that start with this path. */
  readonly profilePrefix?: string;
}

/** What to try if a device does not open. */
const ADVICE: Readonly<Record<Device, string>> = {
  cpu: "report this",
  webgpu:
    'install a driver of the graphics card (on Linux also the Vulkan loader, libvulkan1), or take the device "cpu"',
  cuda: 'install CUDA 12, cuDNN 9 and onnxruntime-node with its CUDA library (CONTRIBUTING.md), or take the device "cpu"',
};

/** Settings that a provider reads from the environment when it is loaded. */
function prepare(device: Device): void {
  if (device !== "cuda") return;
  // Kernels with 10-bit mantissas would move pixels by more than one level.
  process.env.NVIDIA_TF32_OVERRIDE ??= "0";
  // A missing library throws. Without this setting, it would also write lines to standard error.
  ort.env.logLevel = "fatal";
}

/** The most threads that a session may have for each core. A million threads took 24 GB before anything was computed. */
const THREADS_PER_CORE = 4;

/** @throws {UsageError} `too-many-threads` */
function checkThreadLimit(threads: number): void {
  const most = THREADS_PER_CORE * availableParallelism();
  if (threads <= most) return;
  throw new UsageError(
    "too-many-threads",
    `threads: got ${threads}, expected at most ${most}, four for each core of this machine; take fewer`,
  );
}

/**
 * Loads an ONNX model.
 *
 * @throws {RangeError} for an unknown device, a thread count below 1, and onnxruntime's error for a model that it refuses.
 * @throws {UsageError} `too-many-threads` for more than four for each core
 * @throws {HalfstepError} `device-unavailable` if the device is not there or does not take the model.
 */
export async function openSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const { threads = 1, device = "cpu", profilePrefix } = options;
  checkOneOf(device, DEVICES, "device");
  checkThreads(threads);
  checkThreadLimit(threads);
  // Opening blocks the process. A signal that came meanwhile is handled here, before the next opening.
  await new Promise((resolve) => setImmediate(resolve));
  prepare(device);
  const opening = ort.InferenceSession.create(device === "webgpu" ? withLeadingPadding(model) : model, {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    // A plan of memory is made in the first run and gets memory of its own in the second. On the processor that was more memory, and no run that was
    // measured was faster (docs/log/0025-effort.md).
    enableMemPattern: false,
    logSeverityLevel: 3,
    // After a run, the threads of a session spin for a while, and take the core from the next session. A codec has several sessions.
    extra: { session: { force_spinning_stop: "1" } },
    ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
  });
  const session = await opening.catch((error: Error) => {
    if (device === "cpu") throw error;
    throw new HalfstepError(
      "device-unavailable",
      `device: got "${device}", expected one that onnxruntime can open here (it says: ${reasonOf(error)}); ${ADVICE[device]}`,
      { cause: error },
    );
  });
  return arraySession(session, ort.Tensor, () => {
    if (profilePrefix !== undefined) session.endProfiling();
  });
}

/** The end of onnxruntime's message. It begins with places in onnxruntime's own source. */
function reasonOf({ message }: Error): string {
  return message
    .trim()
    .split(/ was false\. |: (?=[A-Z][a-z])/)
    .at(-1) as string;
}
