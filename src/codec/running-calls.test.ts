import { describe, expect, it } from "vitest";
import { RunningCalls } from "./running-calls.ts";

describe("running calls", () => {
  it("are waited for by close, which lets no other begin", async () => {
    const calls = new RunningCalls("codec");
    const order: string[] = [];
    let end = (): void => {};
    const first = calls.run(async () => {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      order.push("call");
      return 7;
    });
    const failing = calls.run(async () => {
      throw new RangeError("no");
    });
    const closing = calls.close().then(() => order.push("closed"));
    const late = calls.run(async () => order.push("late"));
    await expect(late).rejects.toThrow(new TypeError("codec: got a call after close(); load the codec again"));
    await expect(failing).rejects.toThrow(RangeError);
    expect(order).toEqual([]);
    end();
    await closing;
    expect(await first).toBe(7);
    expect(order).toEqual(["call", "closed"]);
  });

  it("are the steps of a generator, which is ended when its reader leaves, fails or comes too late", async () => {
    const ended: number[] = [];
    async function* numbers(upTo: number) {
      try {
        for (let i = 0; i < upTo; i++) yield i;
      } finally {
        ended.push(upTo);
      }
    }
    const calls = new RunningCalls("codec");
    const seen: number[] = [];
    for await (const value of calls.each(numbers(3))) seen.push(value);
    for await (const value of calls.each(numbers(9))) {
      seen.push(value);
      if (value === 1) break;
    }
    const late = async (): Promise<void> => {
      for await (const value of calls.each(numbers(5))) {
        seen.push(value);
        await calls.close();
      }
    };
    await expect(late()).rejects.toThrow("got a call after close()");
    expect(seen).toEqual([0, 1, 2, 0, 1, 0]);
    expect(ended).toEqual([3, 9, 5]);
  });
});
