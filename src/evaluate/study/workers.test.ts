/** What is told of processes that measure when they do not: the processes are made up, or cannot be started. */
import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter } from "node:events";
import process from "node:process";
import { describe, expect, it, vi } from "vitest";
import type { Row, Task } from "./measure.ts";
import { runTasks } from "./workers.ts";

vi.mock("node:child_process", async (original) => {
  const real = await original<typeof import("node:child_process")>();
  return { ...real, fork: vi.fn(real.fork) };
});

const TASKS: readonly Task[] = ["1.png", "2.png", "3.png"].map((image) => ({
  image,
  subject: { kind: "codec", name: "jpeg" },
  settings: ["50"],
}));
const ROW: Row = { setting: "50", bytes: 1, psnrDb: 30, msSsim: null, ssimulacra2: null, encodeMs: 1, decodeMs: 1 };

/** A process that answers every task with a row; after the first it is gone if it is to die. */
class MadeUpProcess extends EventEmitter {
  connected = true;
  readonly #dies: boolean;

  constructor(dies: boolean) {
    super();
    this.#dies = dies;
    process.nextTick(() => this.emit("spawn"));
  }

  send(_task: Task, callback?: (error: Error | null) => void): void {
    process.nextTick(() => {
      if (!this.connected) {
        const error = new Error("Channel closed");
        if (callback === undefined) this.emit("error", error);
        else callback(error);
        return;
      }
      callback?.(null);
      this.emit("message", { kind: "row", row: ROW });
      this.emit("message", { kind: "done" });
      if (this.#dies) this.#end(null, "SIGKILL");
    });
  }

  disconnect(): void {
    process.nextTick(() => this.#end(0, null));
  }

  #end(code: number | null, signal: string | null): void {
    this.connected = false;
    this.emit("exit", code, signal);
  }
}

function useMadeUp(dies: boolean): void {
  vi.mocked(fork).mockImplementation(() => new MadeUpProcess(dies) as unknown as ChildProcess);
}

/** Runs the tasks in two processes. Gives the images of the rows. */
async function run(): Promise<readonly string[]> {
  const images: string[] = [];
  const onRow = ({ image }: Task): void => void images.push(image);
  await runTasks(TASKS, { processes: 2, signal: new AbortController().signal, onRow });
  return images;
}

describe("tasks in processes", () => {
  it("are all done", async () => {
    useMadeUp(false);
    expect((await run()).toSorted()).toEqual(["1.png", "2.png", "3.png"]);
  });

  it("fail with a sentence when a process ends between two of them", async () => {
    useMadeUp(true);
    await expect(run()).rejects.toMatchObject({
      code: "worker-lost",
      message: "3.png: jpeg: the process that works on it ended by SIGKILL; with less memory at hand, use --jobs 1",
    });
  });

  it("fail with a sentence when no process can be started, whether that is thrown or told by an event", async () => {
    const refused = { code: "worker-lost", message: expect.stringMatching(/got an error \(ENO.*fewer --jobs/) };
    vi.mocked(fork).mockReset();
    const { execPath } = process;
    try {
      process.execPath = "/nowhere/node";
      await expect(run()).rejects.toMatchObject(refused);
    } finally {
      process.execPath = execPath;
    }
    vi.mocked(fork).mockImplementation(() => {
      throw Object.assign(new Error("spawn ENOMEM"), { code: "ENOMEM" });
    });
    await expect(run()).rejects.toMatchObject(refused);
  });
});
