/**
 * A process that trains the fake network in a folder, for tests that kill it: `train-child.ts <folder> <steps>`. It begins or
 * resumes, whichever the folder asks for, and prints the outcome.
 */
import { existsSync } from "node:fs";
import { trainLoop } from "../../src/train/loop.ts";
import { FakeTrainStep, fakeBatches, fakeConfig, fakeValidation } from "./fake-train-step.ts";

const [folder, steps] = process.argv.slice(2) as [string, string];
const config = fakeConfig([`steps=${steps}`]);
trainLoop({
  config,
  folder,
  resume: existsSync(folder),
  step: new FakeTrainStep(config.seed, { milliseconds: 3 }),
  batches: fakeBatches(config.seed),
  validation: fakeValidation,
}).then(
  ({ outcome, step, resumedAt }) => process.stdout.write(`${JSON.stringify({ outcome, step, resumedAt })}\n`),
  (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
