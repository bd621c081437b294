/** The report on surrogates by themselves: values, and the figures for a latent that is uniform in its cell. */
import type { Estimate } from "../../lab/estimate.ts";
import { STATISTIC_NAMES } from "../../lab/surrogate/statistic-names.ts";
import {
  DEFAULT_TARGET_OFFSET,
  type SurrogateStatistics,
  surrogateStatistics,
} from "../../lab/surrogate/statistics.ts";
import { type StudiedSurrogate, studyName, studySurrogate } from "../../lab/surrogate/studied-surrogate.ts";
import { SURROGATES, surrogateName } from "../../quantize/index.ts";
import { listed, type ReportSection, shown } from "../section.ts";
import { valueChart } from "./value-chart.ts";

interface Row {
  readonly study: StudiedSurrogate;
  readonly statistics: Partial<SurrogateStatistics>;
}

/** Each surrogate where its annealing begins and where it ends. */
function measuredRows(): readonly Row[] {
  return SURROGATES.flatMap(({ id, form, temperature }) => {
    const ends = temperature === null ? [undefined] : [temperature.anneal.from, temperature.anneal.to];
    return ends.map((t) => {
      const study = studySurrogate({ id, form: form ?? undefined, temperature: t });
      return { study, statistics: surrogateStatistics(study) };
    });
  });
}

/** Makes the section; takes a few seconds. */
export function surrogateSection(): ReportSection {
  const rows = measuredRows();
  const value = (row: Row, name: "mismatch" | "variance"): number => row.statistics[name]?.value ?? Number.NaN;
  const noisiest = rows.toSorted((a, b) => value(b, "variance") - value(a, "variance"))[0] as Row;
  const exact = rows.filter((row) => value(row, "mismatch") < 1e-9).map((row) => surrogateName(row.study.surrogate));
  const reconstructions = SURROGATES.filter(({ isReconstruction }) => isReconstruction).map(surrogateName);
  const noise = rows.find(({ study }) => study.surrogate.id === "aun") as Row;
  return {
    title: "The surrogates by themselves",
    paragraphs: [
      `Every surrogate is shown where its annealing begins and where it ends. The latent r is uniform in its cell, the loss is (v - t)² with the target t = y - ${DEFAULT_TARGET_OFFSET} held fixed, and the gradient g is what the latent receives. Biases are squared differences at each r, against the gradient that additive noise has on average and against the slope of the loss across the cell.`,
      `Without mismatch: ${listed([...new Set(exact)])}. Additive noise has a mismatch of ${shown(value(noise, "mismatch"))} and a variance of ${shown(value(noise, "variance"))}. The largest variance is that of ${studyName(noisiest.study)}, ${shown(value(noisiest, "variance"))}.`,
      `${listed(reconstructions)} are reconstructions of ours after the abstract of Zhang, Li and Liu (arXiv 2309.17051), which is all of that paper that we have read; they are not its definition.`,
      "The pathwise slopes of sga have a finite variance only for temperatures below 1/2: at 1/2 it grows with the logarithm of where r is clipped (here 1e-5), and its figures depend on that clip.",
    ],
    table: {
      columns: ["surrogate", "mismatch", "noise power", "Var(J)", "bias² vs noise", "bias² vs slope", "variance"],
      rows: rows.map(({ study, statistics }) => [
        studyName(study),
        ...STATISTIC_NAMES.map((name) => cell(statistics[name])),
      ]),
    },
    charts: [
      valueChart(
        rows.filter((row, i) => rows[i + 1]?.study.surrogate !== row.study.surrogate).map(({ study }) => study),
      ),
    ],
  };
}

function cell(estimate: Estimate | null | undefined): string {
  return estimate === null || estimate === undefined
    ? "–"
    : shown(Math.abs(estimate.value) < 1e-9 ? 0 : estimate.value);
}
