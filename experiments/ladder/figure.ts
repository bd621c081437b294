/**
 * Draws `loss-against-hours.svg` and `.png` of what `collect.ts` measured.
 *
 *   npx tsx experiments/ladder/figure.ts
 */
import path from "node:path";
import process from "node:process";
import { writeFileAtomic } from "../../src/atomic-file.ts";
import { HalfstepError } from "../../src/errors.ts";
import { renderChart } from "../../src/report/figures/render-chart.ts";
import { ladderChart } from "./chart.ts";
import { readLadder } from "./ladder-result.ts";
import { LADDER_FOLDER } from "./plan.ts";

try {
  const { svg, png } = await renderChart(ladderChart(readLadder()));
  const file = path.join(LADDER_FOLDER, "loss-against-hours");
  await writeFileAtomic(`${file}.svg`, new TextEncoder().encode(svg), { force: true });
  await writeFileAtomic(`${file}.png`, png, { force: true });
  process.stdout.write(`${file}.png\n`);
} catch (error) {
  if (!(error instanceof HalfstepError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
