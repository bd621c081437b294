/** What is chosen in the laboratory, and its workers. */
import { type Signal, signal } from "@preact/signals";
import * as Comlink from "comlink";
import { useEffect, useState } from "preact/hooks";
import { SURROGATES, type Surrogate, surrogateName } from "../../../src/quantize/index.ts";
import { errorText } from "../shell/words.ts";
import type { LabWorker } from "./lab-worker.ts";
import type { Choice, Problem } from "./studies.ts";

/** The surrogate that is looked at. */
export const choice: Signal<Choice> = signal({ name: "sua soft", gradient: "pathwise", temperature: 0.3 });
/** What is coded, and how gradients are judged. */
export const problem: Signal<Problem> = signal({ source: "gaussian", scale: 0.5, loss: "rd", reference: "noise" });

/** The record of the surrogate that is looked at. */
export function chosenSurrogate(): Surrogate {
  const found = SURROGATES.find((one) => surrogateName(one) === choice.value.name);
  if (found === undefined) throw new Error(`internal: no surrogate ${choice.value.name}`);
  return found;
}

/** The ends of the slider of a temperature. Above, surrogates hardly change. */
export function temperatureRange({ temperature }: Surrogate): readonly [number, number] | null {
  return temperature === null ? null : [Math.max(temperature.lowest, 0.02), Math.min(temperature.highest, 1)];
}

/** Chooses a surrogate, in its default mode and in the middle of its annealing. */
export function chooseSurrogate(name: string): void {
  const surrogate = SURROGATES.find((one) => surrogateName(one) === name);
  if (surrogate === undefined) return;
  const { temperature, gradients } = surrogate;
  const { from, to } = temperature?.anneal ?? { from: 1, to: 1 };
  const middle = Math.round(100 * Math.min(Math.max(Math.sqrt(from * to), 0.3), 1)) / 100;
  choice.value = { name, gradient: gradients[0], temperature: temperature === null ? null : middle };
}

/** The workers, each started when it is first asked for. */
const workers = new Map<string, Comlink.Remote<LabWorker>>();

/** A worker of the laboratory for one purpose. */
export function labWorker(purpose: "quick" | "figures" | "plane" | "toy" | "refine"): Comlink.Remote<LabWorker> {
  let found = workers.get(purpose);
  if (found === undefined) {
    found = Comlink.wrap<LabWorker>(
      new Worker(new URL("./lab-worker.ts", import.meta.url), { type: "module", name: `lab-${purpose}` }),
    );
    workers.set(purpose, found);
  }
  return found;
}

/** The last answer, with its question. */
export interface Answer<Value> {
  readonly value: Value | null;
  readonly problem: string | null;
}

/**
 * What a worker answers. It is asked again whenever the inputs change. While a call runs, only the last of the questions that come meanwhile waits.
 * @param key of the inputs
 */
export function useAnswer<Value>(key: string, ask: () => Promise<Value>): Answer<Value> {
  const [answer, setAnswer] = useState<Answer<Value>>({ value: null, problem: null });
  const [queue] = useState(() => lastOnly());
  // The key says what the question depends on.
  useEffect(() => {
    queue(async () => {
      try {
        setAnswer({ value: await ask(), problem: null });
      } catch (error) {
        setAnswer((before) => ({ value: before.value, problem: errorText(error) }));
      }
    });
  }, [key]);
  return answer;
}

/** Runs one call at a time. Of those that wait, only the last is run. */
function lastOnly(): (run: () => Promise<void>) => void {
  let next: (() => Promise<void>) | null = null;
  let isRunning = false;
  return (run) => {
    next = run;
    if (isRunning) return;
    isRunning = true;
    void (async () => {
      while (next !== null) {
        const now: () => Promise<void> = next;
        next = null;
        await now();
      }
      isRunning = false;
    })();
  };
}
