import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { HalfstepError } from "../errors.ts";
import { Interruption } from "./interruption.ts";

function listening(graceful: boolean): {
  source: EventEmitter;
  interruption: Interruption;
  exits: number[];
  clock: { nowMs: number };
} {
  const source = new EventEmitter();
  const exits: number[] = [];
  const clock = { nowMs: 1000 };
  const interruption = new Interruption(
    source,
    (exitCode) => exits.push(exitCode),
    () => clock.nowMs,
  );
  interruption.graceful = graceful;
  return { source, interruption, exits, clock };
}

describe("Interruption", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("ends a command that does not watch at once on %s, with exit code %i", (signal, exitCode) => {
    const { source, interruption, exits } = listening(false);
    expect(interruption.exitCode).toBeUndefined();
    source.emit(signal, signal);
    expect(exits).toEqual([exitCode]);
    expect(interruption.exitCode).toBe(exitCode);
  });

  it("only asks a graceful command on the first signal, and ends it at once on the second", () => {
    const { source, interruption, exits, clock } = listening(true);
    source.emit("SIGINT", "SIGINT");
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.signal.reason).toBeInstanceOf(HalfstepError);
    expect(interruption.signal.reason).toMatchObject({ code: "interrupted", exitCode: 1 });
    expect(exits).toEqual([]);
    clock.nowMs += 2000;
    source.emit("SIGTERM", "SIGTERM");
    expect(exits).toEqual([143]);
    expect(interruption.exitCode).toBe(130);
  });

  it("takes a signal that comes right after the first for its echo", () => {
    const { source, exits, clock } = listening(true);
    source.emit("SIGINT", "SIGINT");
    clock.nowMs += 100;
    source.emit("SIGINT", "SIGINT");
    expect(exits).toEqual([]);
    clock.nowMs += 500;
    source.emit("SIGINT", "SIGINT");
    expect(exits).toEqual([130]);
  });

  it("stops listening when disposed", () => {
    const { source, interruption } = listening(false);
    interruption.dispose();
    expect(source.eventNames()).toEqual([]);
  });
});
