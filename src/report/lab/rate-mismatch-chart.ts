/** Bits in training and in the stream against the lower bound on the scale. */
import { rateMismatch } from "../../lab/rate-mismatch.ts";
import { type Chart, rounded } from "../chart.ts";

/** Deviations that the chart shows, in steps. */
export const CHART_DEVIATIONS: readonly number[] = [0.02, 0.11, 0.2, 0.3];
/** Bounds that the chart shows, in steps. */
export const CHART_BOUNDS: readonly number[] = [0.01, 0.04, 0.08, 0.11, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4];

const KINDS = ["training, with noise", "real, rounded"] as const;

/** The chart. */
export function rateMismatchChart(): Chart {
  const values = CHART_DEVIATIONS.flatMap((deviation) =>
    CHART_BOUNDS.flatMap((bound) => {
      const { trainingBits, realBits } = rateMismatch({ deviation, bound });
      return [trainingBits, realBits].map(({ value }, i) => ({
        deviation: `deviation ${deviation}`,
        bound,
        bits: rounded(value),
        kind: KINDS[i],
      }));
    }),
  );
  return {
    name: "rate-mismatch",
    description:
      "Bits for a normal latent in training and after rounding, against the lower bound on the scale of the entropy model.",
    spec: {
      title: {
        text: "Rate that training sees, and rate that is spent",
        subtitle: "normal latent around its predicted mean, coded with the larger of its deviation and the bound",
      },
      data: { values },
      facet: { column: { field: "deviation", type: "nominal", title: null } },
      spacing: 28,
      spec: {
        width: 165,
        height: 190,
        mark: { type: "line", point: { size: 28 } },
        encoding: {
          x: { field: "bound", type: "quantitative", title: "lower bound, steps" },
          y: { field: "bits", type: "quantitative", title: "bits for one latent" },
          color: {
            field: "kind",
            type: "nominal",
            title: null,
            scale: { domain: KINDS, range: ["#e69f00", "#0072b2"] },
            legend: { orient: "bottom" },
          },
        },
      },
    },
  };
}
