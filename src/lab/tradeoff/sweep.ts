/** Every surrogate over a sweep of its temperatures: the series of a trade-off plot. */
import { SURROGATES, type Surrogate, type SurrogateId, surrogateName } from "../../quantize/index.ts";
import { type StudiedSurrogate, studySurrogate } from "../surrogate/studied-surrogate.ts";
import { type CellLaw, cellLaw } from "./cell-law.ts";
import { hardDerivative, type TradeoffFigures, type TradeoffProblem, tradeoffFigures } from "./tradeoff.ts";

/** One point of the plot. */
export interface TradeoffPoint {
  /** Name of the surrogate, and its mode where that is not the default. */
  readonly series: string;
  readonly study: StudiedSurrogate;
  readonly figures: TradeoffFigures;
}

/** A finished sweep. */
export interface TradeoffSweep {
  /** The exact derivative of the expected hard loss. */
  readonly hardDerivative: number;
  readonly points: readonly TradeoffPoint[];
}

/** Temperatures of surrogates that mix noise of a width T. */
const WIDTHS = [1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0];
/** Temperatures of surrogates that sharpen a step. */
const SHARPENED = [1, 0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1];
/** The published range of Gumbel annealing and its relatives; above it the slopes of `sga` have a finite variance only because of a clip. */
const ANNEALED = [0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05];
/** Where two numbers of noise are drawn, a law at lower temperatures takes more than a million nodes. */
const PAIRED = [1, 0.7, 0.5, 0.4];
/** The published temperatures of SGA+ begin at 1. */
const ANNEALED_FROM_ONE = [1, 0.7, ...ANNEALED];

/** By name; empty for surrogates without temperature. */
const TEMPERATURES: Readonly<Record<SurrogateId, (surrogate: Surrogate) => readonly number[]>> = {
  aun: () => [],
  ste: () => [],
  stochastic: () => [],
  uq: () => [],
  sga: () => ANNEALED,
  danneal: () => ANNEALED,
  sra: () => ANNEALED,
  "soft-to-hard": () => SHARPENED,
  dsq: () => SHARPENED,
  "soft-round": () => SHARPENED,
  sua: ({ form }) => (form === "soft" ? SHARPENED : WIDTHS),
  // From T = 1 up, the slopes of `linear` have a finite variance only because of the clip.
  "sga-plus": ({ form, noise }) =>
    noise?.numbers === 2 ? PAIRED : form === "linear" ? ANNEALED_FROM_ONE.slice(1) : ANNEALED_FROM_ONE,
  kumaraswamy: () => SHARPENED,
};

function temperaturesOf(surrogate: Surrogate): readonly (number | undefined)[] {
  return surrogate.temperature === null ? [undefined] : TEMPERATURES[surrogate.id](surrogate);
}

/**
 * What a sweep consists of: every surrogate in its default mode, and where the loss acts on each element by itself also in mode
 * `expected`. Left out: `soft-round`, which is `sua soft` under another name, and `uq`, which is `aun` for one latent.
 */
export function sweepStudies(withExpected: boolean): readonly StudiedSurrogate[] {
  return SURROGATES.filter(({ id }) => id !== "soft-round" && id !== "uq").flatMap((surrogate) => {
    const modes = withExpected && surrogate.gradients.includes("expected") ? [undefined, "expected"] : [undefined];
    const { id, form } = surrogate;
    return modes.flatMap((gradient) =>
      temperaturesOf(surrogate).map((temperature) =>
        studySurrogate({ id, form: form ?? undefined, temperature, gradient }),
      ),
    );
  });
}

/** The name of the line that a point belongs to. */
function seriesName({ surrogate, gradient }: StudiedSurrogate): string {
  return surrogateName(surrogate) + (gradient === surrogate.gradients[0] ? "" : ` (${gradient})`);
}

/** Makes the laws of surrogates, which several sweeps can share. @param onProgress called after each. */
export function makeLaws(
  studies: readonly StudiedSurrogate[],
  smallestScale: number,
  onProgress: (done: number) => void = () => undefined,
): readonly CellLaw[] {
  return studies.map((study, i) => {
    const law = cellLaw(study, smallestScale);
    onProgress(i + 1);
    return law;
  });
}

/** Evaluates laws on a problem. */
export function tradeoffSweep(laws: readonly CellLaw[], problem: TradeoffProblem): TradeoffSweep {
  const points = laws.map((law) => ({
    series: seriesName(law.study),
    study: law.study,
    figures: tradeoffFigures(law, problem),
  }));
  return { hardDerivative: hardDerivative(problem), points };
}
