/** The browser entry on Node: what it does with its arguments. What a page gets is tested in web-entry.test.ts. */
import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createCodec } from "../src/web.ts";
import { randomModelBytes } from "./support/random-model.ts";

const sessions = vi.hoisted(() => ({ opened: 0, closed: 0 }));

vi.mock("../src/engine/runtime/web-session.ts", () => ({
  openWebSession: async () => {
    sessions.opened++;
    return {
      inputNames: [],
      outputNames: [],
      run: async () => new Map(),
      close: async () => {
        sessions.closed++;
      },
    };
  },
}));

const MODEL = randomModelBytes({ type: "factorized-prior", N: 4, M: 6 });

beforeEach(() => {
  sessions.opened = 0;
  sessions.closed = 0;
});

describe("the browser entry", () => {
  it("closes what it opened if an option is refused", async () => {
    await expect(createCodec(MODEL, { tileSide: 100 })).rejects.toThrow(RangeError);
    expect(sessions).toEqual({ opened: 2, closed: 2 });
  });

  it("tells arguments of a wrong kind from damaged models", async () => {
    const create = createCodec as unknown as (...words: unknown[]) => Promise<unknown>;
    await expect(create(MODEL.buffer)).rejects.toThrow(/the model: got .*ArrayBuffer, expected a Uint8Array/);
    await expect(create("/models/mine.safetensors")).rejects.toThrow(TypeError);
    await expect(create(MODEL, "wasm")).rejects.toThrow(/options: got a string/);
    expect(sessions.opened).toBe(0);
  });

  it("takes the bytes as they were when it was called, of a Buffer too", async () => {
    const buffer = Buffer.from(MODEL);
    const opening = createCodec(buffer);
    buffer.fill(0);
    const { model, close } = await opening;
    expect(model.identity).toBe(createHash("sha256").update(MODEL).digest("hex"));
    await close();
  });
});
