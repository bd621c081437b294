/**
 * Measures what every arm of the comparison does to the trunks, before anything is trained with it: its mismatch, and the bias and the variance of
 * the gradient that the encoder gets. Writes `results/measured/comparison-trunks.json`. A trunk that stands there already is not measured again.
 *
 *   npx tsx experiments/comparison/study-trunks.ts --out <folder of the sweep>
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../src/atomic-file.ts";
import type { SurrogatePair } from "../../src/lab/running/surrogate-pairs.ts";
import { networkOfRun, openGraphOn, readCrops, SAMPLE_FOLDER, studyNetwork } from "../../src/lab/trained/index.ts";
import { describeSurroundings } from "../../src/surroundings.ts";
import { expandPlanFile } from "../../src/train/sweep/expand-plan.ts";
import type { PlannedRun } from "../../src/train/sweep/planned-run.ts";
import { runCollector } from "../collector.ts";
import { readTrunkStudies, TRUNK_STUDIES, type TrunkStudies, type TrunkStudy } from "./trunk-studies.ts";

const PLANS = fileURLToPath(new URL(".", import.meta.url));
const STUDY = { crop: 256, crops: 6, draws: 16 } as const;
/** Fields of a configuration that say how latents become symbols, whatever the surrogate. */
const NETWORK_FIELDS = ["scaleBound", "zeroCenter", "partialStopGradient"] as const;
/** This surrogate is unbiased for the loss under uniform noise. The loss with real rounding has no gradient to compare with. */
const NOISE: SurrogatePair = { name: "aun", rate: "aun", distortion: "aun", hardFrom: null };

/**
 * The arms that are trained from a run, as pairs. Arms that begin like another (two stages, a decoder alone) are left out, and those that change the
 * network rather than the surrogate.
 */
function armsFrom(trunk: PlannedRun, runs: readonly PlannedRun[]): readonly SurrogatePair[] {
  return runs.flatMap(({ start, values: { arm }, config }) => {
    if (arm === undefined || start.type !== "run" || start.id !== trunk.id) return [];
    const { surrogate, trained } = config;
    const { rate, distortion, hardFrom } = surrogate;
    if (!NETWORK_FIELDS.every((field) => config[field] === trunk.config[field])) return [];
    return hardFrom !== undefined || trained === "decoder" ? [] : [{ name: arm, rate, distortion, hardFrom: null }];
  });
}

async function studyTrunk(
  plan: string,
  trunk: PlannedRun,
  arms: readonly SurrogatePair[],
  folder: string,
): Promise<TrunkStudy> {
  const network = await networkOfRun(folder);
  const crops = await readCrops([SAMPLE_FOLDER], STUDY.crop, STUDY.crops);
  // Bias and variance are told in parts of the noise's own gradient, so that is measured with the others.
  const pairs = [NOISE, ...arms.filter(({ name }) => name !== NOISE.name)];
  const options = { pairs, draws: STUDY.draws, biasAgainst: NOISE };
  const { hard, pairs: figures } = await studyNetwork(network, crops, options, openGraphOn("cpu"), (text) =>
    process.stderr.write(`${plan} ${trunk.name}: ${text}\n`),
  );
  return {
    plan,
    trunk: trunk.name,
    id: trunk.id,
    lambda: trunk.config.lambda,
    hardLoss: hard.loss,
    gradientSquared: figures[0]?.encoderGradientSquared ?? 0,
    arms: figures.map(
      ({ pair, lossMismatch: { value, low, high }, encoderGradientBias = 0, encoderGradientVariance }) => ({
        arm: pair,
        mismatch: { value, low, high },
        bias: encoderGradientBias,
        variance: encoderGradientVariance,
      }),
    ),
  };
}

await runCollector("study-trunks", async (sweep) => {
  const trunks: TrunkStudy[] = [...(readTrunkStudies()?.trunks ?? [])];
  for (const file of readdirSync(PLANS).filter((name) => name.endsWith(".json") && name !== "arms.json")) {
    const { name, runs } = expandPlanFile(path.join(PLANS, file));
    for (const trunk of runs) {
      const arms = armsFrom(trunk, runs);
      const isOver = sweep.readResult(trunk.id)?.status === "finished";
      if (arms.length === 0 || !isOver || trunks.some(({ id }) => id === trunk.id)) continue;
      trunks.push(await studyTrunk(name, trunk, arms, sweep.runFolder(trunk.id)));
      const result: TrunkStudies = {
        version: 1,
        meta: {
          source: "measured",
          date: new Date().toISOString().slice(0, 10),
          study: `${STUDY.crops} squares of ${STUDY.crop} pixels of samples/, ${STUDY.draws} draws each`,
          ...(await describeSurroundings()),
        },
        trunks,
      };
      // Written after every trunk, because a later one may take long and may be stopped.
      const text = `${JSON.stringify(result, null, 1)}\n`;
      await writeFileAtomic(TRUNK_STUDIES, new TextEncoder().encode(text), { force: true });
    }
  }
});
