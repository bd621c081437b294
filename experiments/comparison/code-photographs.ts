/**
 * Codes test photographs by every network that the comparison trained with an arm: packages it, writes real files, reads them, and measures. Writes
 * `results/measured/comparison-kodak.json`. A run that stands there already is not coded again, and one whose weights are not in the folder is left out.
 *
 *   npx tsx experiments/comparison/code-photographs.ts --out <folder of the sweep> --images <the 24 Kodak images> [--only <part of a run's plan and name>]
 */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../src/atomic-file.ts";
import { UsageError } from "../../src/errors.ts";
import { meanSquaredError, msSsim, psnrOfError } from "../../src/evaluate/index.ts";
import { readImage } from "../../src/image/read-image.ts";
import { loadCodec } from "../../src/models/load-codec.ts";
import { packageModel } from "../../src/packaging/package-model.ts";
import { describeSurroundings } from "../../src/surroundings.ts";
import { expandPlanFile } from "../../src/train/sweep/expand-plan.ts";
import { runCollector } from "../collector.ts";
import { CODED_PHOTOGRAPHS, type CodedPhotographs, type CodedRun, readCodedPhotographs } from "./coded-photographs.ts";

const PLANS = fileURLToPath(new URL(".", import.meta.url));

type Measured = Pick<CodedRun, "bitsPerPixel" | "meanSquaredError" | "psnrDb" | "msSsim">;

/** Packages a run and puts all photographs through files in memory. Rounding is to the nearest integer, as in training and validation. */
async function codeAll(run: string, photographs: readonly string[], folder: string): Promise<Measured> {
  const model = path.join(folder, "model.safetensors");
  await packageModel(run, model, { force: true });
  const codec = await loadCodec({ model });
  const sum = { bitsPerPixel: 0, meanSquaredError: 0, psnrDb: 0, msSsim: 0 };
  try {
    for (const file of photographs) {
      const { image } = await readImage(file);
      const { bytes } = await codec.encode(image, { bitsPerSquaredStep: Infinity });
      const decoded = await codec.decode(bytes);
      const error = meanSquaredError(image, decoded);
      sum.bitsPerPixel += (8 * bytes.length) / (image.width * image.height);
      sum.meanSquaredError += error / 255 ** 2;
      sum.psnrDb += psnrOfError(error);
      sum.msSsim += msSsim(image, decoded);
    }
  } finally {
    await codec.close();
  }
  const mean = Object.entries(sum).map(([name, value]) => [name, Number((value / photographs.length).toPrecision(9))]);
  return Object.fromEntries(mean) as Measured;
}

await runCollector(
  "code-photographs",
  async (sweep, { images, only = "" }) => {
    if (images === undefined) {
      throw new UsageError("bad-usage", "code-photographs: expected --images <folder of PNG files>");
    }
    const names = (await readdir(images)).filter((name) => name.endsWith(".png")).sort();
    if (names.length === 0) {
      throw new UsageError("bad-usage", `code-photographs: --images: got "${images}", which has no PNG files`);
    }
    const folder = await mkdtemp(path.join(tmpdir(), "halfstep-photographs-"));
    let found = false;
    const coded: CodedRun[] = [...(readCodedPhotographs()?.runs ?? [])];
    try {
      for (const file of (await readdir(PLANS)).filter((name) => name.endsWith(".json") && name !== "arms.json")) {
        const { name: plan, runs } = expandPlanFile(path.join(PLANS, file));
        for (const { name: run, id, values, config } of runs) {
          if (!`${plan} ${run}`.includes(only)) continue;
          found = true;
          const isOver = sweep.readResult(id)?.status === "finished";
          if (values.arm === undefined || !isOver || coded.some((one) => one.id === id)) continue;
          // Results travel between machines, weights need not.
          if (!existsSync(path.join(sweep.runFolder(id), "latest.json"))) {
            process.stderr.write(`${plan} ${run}: its weights are not in this folder\n`);
            continue;
          }
          process.stderr.write(`${plan} ${run}\n`);
          const measured = await codeAll(
            sweep.runFolder(id),
            names.map((name) => path.join(images, name)),
            folder,
          );
          coded.push({ plan, run, id, lambda: config.lambda, ...measured });
          const result: CodedPhotographs = {
            version: 1,
            meta: {
              source: "measured",
              date: new Date().toISOString().slice(0, 10),
              images: `${names.length} photographs of ${path.basename(images)}, latents rounded to the nearest integer`,
              ...(await describeSurroundings()),
            },
            runs: coded,
          };
          const text = `${JSON.stringify(result, null, 1)}\n`;
          await writeFileAtomic(CODED_PHOTOGRAPHS, new TextEncoder().encode(text), { force: true });
        }
      }
      if (!found) {
        throw new UsageError(
          "bad-usage",
          `code-photographs: --only: got "${only}", expected a part of a plan and a run, as "elic fork/0.013/aun"`,
        );
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  ["images", "only"],
);
