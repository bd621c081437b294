/** The report on mismatch against risk: every source, several scales, all losses, two ways to judge a gradient. */
import type { CellLaw } from "../../lab/tradeoff/cell-law.ts";
import { createLoss, HIGH_RATE_WEIGHT, LOSS_NAMES } from "../../lab/tradeoff/losses.ts";
import { createSource, SOURCE_NAMES, type SourceName } from "../../lab/tradeoff/sources.ts";
import { makeLaws, sweepStudies, type TradeoffPoint, tradeoffSweep } from "../../lab/tradeoff/sweep.ts";
import type { DirectionName, ReferenceName } from "../../lab/tradeoff/tradeoff.ts";
import { type ReportSection, shown } from "../section.ts";
import { type TradeoffPanel, tradeoffGridChart } from "./tradeoff-grid-chart.ts";

const SCALES = [0.2, 0.5, 1];
const OFFSET = 0.3;
const TARGET_OFFSET = 0.3;

interface Judgement {
  readonly title: string;
  readonly direction: DirectionName;
  readonly reference: ReferenceName;
  readonly explanation: string;
}

const JUDGEMENTS: readonly Judgement[] = [
  {
    title: "Mismatch against risk, by the exact derivative",
    direction: "stretch",
    reference: "exact",
    explanation:
      "All latents move together, by stretching the source; the bias is the difference to the exact derivative of the expected loss with real rounding. This is a mild judge: errors at different latents cancel. A surrogate without noise then has no variance, and its bias decides alone.",
  },
  {
    title: "Mismatch against risk, latent by latent",
    direction: "shift",
    reference: "noise",
    explanation:
      "The same sources, but the gradient of every single latent is compared with what additive noise would give it on average. This is a strict judge, for an encoder that can move each latent by itself.",
  },
];

/** Makes the sections. @param onProgress told in words how far it is */
export function tradeoffSections(onProgress: (text: string) => void): readonly ReportSection[] {
  const studies = sweepStudies(false);
  const laws = makeLaws(studies, Math.min(...SCALES), (done) =>
    onProgress(`law of surrogate ${done} of ${studies.length}`),
  );
  return JUDGEMENTS.map((judgement) => {
    const grids = SOURCE_NAMES.map((source) => ({ source, panels: panelsOf(laws, source, judgement) }));
    return {
      title: judgement.title,
      paragraphs: [
        `${judgement.explanation} Sources are centred at ${OFFSET} of a step; the target of the distortion lies ${TARGET_OFFSET} below each latent; in the sum, a squared step of distortion weighs ${shown(HIGH_RATE_WEIGHT)} bits.`,
        "The table is on rate plus distortion. Risks are multiples of that of additive noise.",
      ],
      table: {
        columns: [
          "source",
          "standard deviation",
          "least risk of sua soft",
          "at temperature",
          "less risk than additive noise at some temperature",
        ],
        rows: grids.flatMap(({ source, panels }) => findings(source, panels)),
      },
      charts: grids.map(({ source, panels }) => tradeoffGridChart(panels, { source, offset: OFFSET, ...judgement })),
    };
  });
}

function panelsOf(
  laws: readonly CellLaw[],
  name: SourceName,
  { direction, reference }: Judgement,
): readonly TradeoffPanel[] {
  return SCALES.flatMap((scale) => {
    const source = createSource(name, scale, OFFSET);
    return LOSS_NAMES.map((loss) => ({
      scale,
      loss,
      sweep: tradeoffSweep(laws, {
        source,
        direction,
        reference,
        loss: createLoss(loss, source, { targetOffset: TARGET_OFFSET, distortionWeight: HIGH_RATE_WEIGHT }),
      }),
    }));
  });
}

/** What the panels of the sum say, a row for each scale. */
function findings(source: SourceName, panels: readonly TradeoffPanel[]): readonly (readonly string[])[] {
  return panels
    .filter(({ loss }) => loss === "rd")
    .map(({ scale, sweep }) => {
      const noise = sweep.points.find(({ series }) => series === "aun") as TradeoffPoint;
      const risk = ({ figures }: TradeoffPoint): number => figures.risk.value / noise.figures.risk.value;
      const soft = sweep.points.filter(({ series }) => series === "sua soft").toSorted((a, b) => risk(a) - risk(b));
      const best = soft[0] as TradeoffPoint;
      const better = new Set(sweep.points.filter((point) => risk(point) < 0.999).map(({ series }) => series));
      return [source, `${scale}`, shown(risk(best)), `${best.study.temperature}`, [...better].join(", ") || "none"];
    });
}
