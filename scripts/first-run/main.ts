/**
 * `npm run first-run`: from photographs to a compressed file in a few minutes. It packs five of the sample photographs, trains the smallest sensible network on
 * them, packages a model, and compresses the sixth photograph with it. Every step is a command that a user could type; this program
 * prints each one before it runs it, and does nothing else. The model is a demonstration: five photographs and a minute or two of
 * training make no good codec.
 *
 * `--out <folder>` names the folder (default: first-run), `--steps <count>` the training steps.
 */
import { spawn } from "node:child_process";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

const PROJECT: string = path.resolve(import.meta.dirname, "../..");
/** What the network learns from. */
const TRAINED_ON = ["brushes", "dandelion", "fig", "mountains", "stream"];
/** What it has never seen. */
const HELD_BACK = "dogs";
/** Training steps. With these, the whole takes about a minute on two quiet cores of an AMD EPYC. */
const STEPS = 1200;

/** The configuration of the run: all that differs from the defaults (`halfstep train --print-config` shows those). */
function configuration(data: string, steps: number): object {
  return {
    data,
    steps,
    batch: 4,
    threads: 2,
    network: {
      type: "halfstep",
      N: 48,
      M: 96,
      structure: { wide: 64, analysis: [1, 1], synthesis: [1, 1], steps: 1, bypass: true },
    },
    lambdaRange: [0.0016, 0.128],
    optimizer: { name: "muon", learningRate: 0.002, warmupSteps: Math.min(50, Math.floor(steps / 4)) },
    validateEvery: Math.max(1, Math.ceil(steps / 3)),
    checkpointEvery: steps,
    validation: { fraction: 0.2, crops: 8, size: 256 },
  };
}

/** Prints a command of `halfstep`, runs it from the sources, and waits. @throws {Error} where it fails */
async function halfstep(purpose: string, words: readonly string[]): Promise<void> {
  process.stdout.write(`\n${purpose}\n$ halfstep ${words.join(" ")}\n`);
  const program = path.join(PROJECT, "src/cli/main.ts");
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), program, ...words], {
    stdio: "inherit",
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`first-run: halfstep ${words[0]} ended with exit code ${code}`);
}

async function firstRun(folder: string, steps: number): Promise<void> {
  const [photographs, packed, config, run] = ["photographs", "packed", "config.json", "run"].map((name) =>
    path.join(folder, name),
  ) as [string, string, string, string];
  const model = path.join(folder, "mine.safetensors");
  await rm(folder, { recursive: true, force: true });
  await mkdir(photographs, { recursive: true });
  for (const name of TRAINED_ON) {
    await copyFile(path.join(PROJECT, "samples", `${name}.png`), path.join(photographs, `${name}.png`));
  }
  const text = JSON.stringify(configuration(packed, steps), null, 2);
  await writeFile(config, `${text}\n`);
  process.stdout.write(
    `${photographs} now holds five of the photographs of samples/; ${HELD_BACK}.png is held back.\n` +
      `${config} says what is trained:\n${text}\n`,
  );

  await halfstep("1. Decode the photographs once, into a form that training reads fast.", [
    "data",
    "pack",
    photographs,
    packed,
  ]);
  await halfstep("2. Train. The loss is bits per pixel + lambda * 255^2 * mean squared error.", [
    "train",
    config,
    "--out",
    run,
  ]);
  await halfstep("3. Make a model of the run: exact integer layers, and tables for the entropy coder.", [
    "model",
    "package",
    run,
    model,
  ]);
  const photograph = path.join(PROJECT, "samples", `${HELD_BACK}.png`);
  const [stream, decoded] = [path.join(folder, `${HELD_BACK}.hst`), path.join(folder, `${HELD_BACK}.png`)];
  await halfstep("4. Compress the photograph that the network has never seen.", [
    "compress",
    photograph,
    stream,
    "--model",
    model,
  ]);
  await halfstep("5. Decompress it.", ["decompress", stream, decoded, "--model", model]);
  await halfstep("6. Put it beside the original, and beside a JPEG of at most its size.", [
    "demo",
    photograph,
    "--model",
    model,
    "--quality",
    "50",
    "--out",
    path.join(folder, "demo"),
  ]);
  process.stdout.write(
    "\nThat is all of it: a learned codec of your own, from photographs to files. It saw five photographs\n" +
      "for a minute or two, and it shows. `npm run demo` shows what the same kind of network does after hours of training.\n",
  );
}

const { values } = parseArgs({
  options: { out: { type: "string", default: "first-run" }, steps: { type: "string", default: String(STEPS) } },
});
const steps = Number(values.steps);
if (!Number.isInteger(steps) || steps < 4) {
  process.stderr.write(`first-run: got --steps ${values.steps}, expected a whole number of at least 4\n`);
  process.exitCode = 2;
} else await firstRun(values.out, steps);
