/**
 * Makes the generated part of docs/experiments.md and its figures in docs/experiments/, from the collected results in
 * `results/measured/comparison/`, one file for each plan, and from the studies of the trunks and the coded photographs:
 *
 *   halfstep sweep collect experiments/comparison/<plan>.json results/measured/comparison/<plan>.json --out <folder>
 *   npx tsx experiments/comparison/study-trunks.ts --out <folder>
 *   npx tsx experiments/comparison/code-photographs.ts --out <folder> --images <the 24 Kodak images>
 *   npx tsx experiments/comparison/account.ts
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makeFolder, writeFileAtomic } from "../../src/atomic-file.ts";
import { HalfstepError } from "../../src/errors.ts";
import { comparisonGroups } from "../../src/lab/paired-effects.ts";
import { writeFigures } from "../../src/report/figures/write-figures.ts";
import { accountText, withAccount } from "./account-text.ts";
import { readCodedPhotographs, resultsOfFiles } from "./coded-photographs.ts";
import { curveGroups } from "./curve-effects.ts";
import { effectsChart } from "./effects-chart.ts";
import { readComparison } from "./read-comparison.ts";
import { tradeoffChart, tradeoffPanels } from "./tradeoff-chart.ts";
import { readTrunkStudies } from "./trunk-studies.ts";

const DOCUMENT = fileURLToPath(new URL("../../docs/experiments.md", import.meta.url));
const EFFECTS = "For each network, the change of the loss by every surrogate against mixed, with intervals over seeds.";
const TRADEOFF =
  "For each network, mismatch against gradient risk of every surrogate, and the change of the loss as colour.";
const FIGURES = fileURLToPath(new URL("../../docs/experiments", import.meta.url));

try {
  const results = readComparison();
  const groups = comparisonGroups(results);
  const panels = tradeoffPanels(readTrunkStudies()?.trunks ?? [], groups);
  const coded = readCodedPhotographs()?.runs ?? [];
  const files = comparisonGroups(resultsOfFiles(results, coded));
  const text = accountText(results, groups, panels, files, curveGroups(results, coded));
  const document = withAccount(readFileSync(DOCUMENT, "utf8"), text);
  await writeFileAtomic(DOCUMENT, new TextEncoder().encode(document), { force: true });
  // A curve has a table of its own.
  const withoutCurves = groups.filter(({ stage }) => stage !== "curve");
  const charts = [{ name: "what-a-surrogate-changes", description: EFFECTS, spec: effectsChart(withoutCurves) }];
  if (panels.length > 0) charts.push({ name: "mismatch-and-risk", description: TRADEOFF, spec: tradeoffChart(panels) });
  makeFolder(FIGURES);
  for (const file of await writeFigures(FIGURES, charts, true)) process.stdout.write(`${file}\n`);
} catch (error) {
  if (!(error instanceof HalfstepError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
