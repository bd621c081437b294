/** A process of its own for one recorded codec: graphics drivers are named by the environment that a process starts with. */
import process from "node:process";
import { openGraphOn } from "../../src/engine/runtime/open-graph.ts";
import { DEVICES } from "../../src/engine/runtime/session.ts";
import { type RecordedCodec, recordedCodec } from "./recorded-codec.ts";

/** A call of one method. */
export interface ChildCall {
  readonly method: keyof RecordedCodec;
  readonly words: readonly unknown[];
}

const device = DEVICES.find((name) => name === process.argv[2]);
if (device === undefined) throw new Error(`runtime-child: got "${process.argv[2]}", expected a device`);
const codec = recordedCodec(openGraphOn(device), 1);

process.on("message", async ({ method, words }: ChildCall) => {
  try {
    const call = codec[method] as (...words: readonly unknown[]) => Promise<unknown>;
    process.send?.({ result: await call(...words) });
  } catch (error) {
    process.send?.({ failure: String(error) });
  }
});
