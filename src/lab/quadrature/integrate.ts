/**
 * Adaptive integration of many functions at once. All panels of a generation are evaluated in one call, so that a
 * graph evaluator can be an integrand. Panels whose error is too large are halved. Integrands may jump: a jump between two
 * points of a panel is found by halving. Singular ends are approached but never evaluated.
 *
 * The error of a panel is taken as the difference of the rules of 15 and 7 points, which is far too large for smooth functions
 * and right for jumps. It knows nothing of what no point sees: of a peak between two points, or of a jump nearer to an end of the
 * panel than the outermost point, 0.43 % of the panel. Where that can happen, breakpoints have to be put closer.
 */
import { COARSE_WEIGHTS, FINE_WEIGHTS, POINTS, POINTS_PER_PANEL } from "./kronrod.ts";

/**
 * Values of all components at points; `owners[i]` says which of the functions is asked for at `points[i]`.
 * @returns one array for each component, as long as `points`.
 */
export type Integrand = (points: Float64Array, owners: Int32Array) => readonly Float64Array[];

/** Options of {@link integrateMany}. */
export interface IntegrateOptions {
  /** Number of components that the integrand gives. */
  readonly components: number;
  /** A function is done when each component's error is below this times the component's size. Default 1e-7. */
  readonly relativeTolerance?: number;
  /** Or below this. Default 1e-9. */
  readonly absoluteTolerance?: number;
  /** Largest number of halvings. What is not finished then keeps its error estimate. Default 40. */
  readonly maxHalvings?: number;
  /** Panels of one function at most; one that would need more keeps its error estimate. Default 10,000. */
  readonly maxPanels?: number;
  /** This many of the first components decide where panels are halved; the others follow. Default: all. */
  readonly decisive?: number;
}

/** Integrals of several functions of several components. */
export interface Integrals {
  /** `values[component][owner]`. */
  readonly values: readonly Float64Array[];
  /** Estimated absolute errors, of the same layout. */
  readonly errors: readonly Float64Array[];
  /** The panels that were used in the end, ascending; `panels[owner]`. */
  readonly panels: readonly (readonly Panel[])[];
}

/** A piece of the way of integration of one function. */
export interface Panel {
  readonly owner: number;
  readonly low: number;
  readonly high: number;
}

interface Finished extends Panel {
  readonly values: Float64Array;
  readonly errors: Float64Array;
}

/** Where the error of a panel comes from float64 and not from the rule: halving would not help. */
const ROUNDING = 1e-15;

/**
 * Integrates each function between its breakpoints.
 *
 * @param breakpoints for each function, ascending, at least two; put them where a function is known to jump or bend.
 * @throws {RangeError} for fewer than two breakpoints, ones that do not ascend, or an integrand that is not finite.
 */
export function integrateMany(
  integrand: Integrand,
  breakpoints: readonly (readonly number[])[],
  options: IntegrateOptions,
): Integrals {
  const { components, relativeTolerance = 1e-7, absoluteTolerance = 1e-9 } = options;
  const { maxHalvings = 40, maxPanels = 10_000, decisive = components } = options;
  const owned: Finished[][] = breakpoints.map(() => []);
  let open = breakpoints.flatMap(panelsOf);
  for (let halving = 0; open.length > 0; halving++) {
    for (const panel of evaluatePanels(integrand, open, components)) owned[panel.owner]?.push(panel);
    open = [];
    if (halving >= maxHalvings) break;
    for (const [owner, panels] of owned.entries()) {
      const { values, errors } = totals(panels, components);
      const limits = values.map((value) => Math.max(absoluteTolerance, relativeTolerance * Math.abs(value)));
      const isDone = (error: number, c: number): boolean => c >= decisive || error <= limits[c]!;
      if (errors.every(isDone)) continue;
      const kept: Finished[] = [];
      const halved: Panel[] = [];
      for (const panel of panels) {
        const share = 0.5 / panels.length;
        const isGood = panel.errors.every(
          (error, c) => c >= decisive || error <= share * limits[c]! || error <= ROUNDING * Math.abs(panel.values[c]!),
        );
        if (isGood || !canHalve(panel)) kept.push(panel);
        else halved.push(...halves(panel));
      }
      if (kept.length + halved.length > maxPanels) continue;
      owned[owner] = kept;
      for (const panel of halved) open.push(panel);
    }
  }
  const results = owned.map((panels) => totals(panels, components));
  const layout = (pick: (total: { values: Float64Array; errors: Float64Array }) => Float64Array): Float64Array[] =>
    Array.from({ length: components }, (_, c) => Float64Array.from(results, (total) => pick(total)[c]!));
  const panels = owned.map((list) => list.toSorted((a, b) => a.low - b.low));
  return { values: layout(({ values }) => values), errors: layout(({ errors }) => errors), panels };
}

/** {@link integrateMany} for one function: value and error of each component. */
export function integrate(
  integrand: (points: Float64Array) => readonly Float64Array[],
  breakpoints: readonly number[],
  options: IntegrateOptions,
): readonly { readonly value: number; readonly error: number }[] {
  const { values, errors } = integrateMany(integrand, [breakpoints], options);
  return values.map((value, c) => ({ value: value[0]!, error: errors[c]![0]! }));
}

function panelsOf(breakpoints: readonly number[], owner: number): Panel[] {
  if (breakpoints.length < 2) {
    throw new RangeError(`integrate: got ${breakpoints.length} breakpoints, expected at least 2`);
  }
  return breakpoints.slice(1).map((high, i) => {
    const low = breakpoints[i]!;
    if (!(low < high))
      throw new RangeError(`integrate: got the breakpoints ${low} and ${high}, expected them to ascend`);
    return { owner, low, high };
  });
}

function canHalve({ low, high }: Panel): boolean {
  const middle = (low + high) / 2;
  return middle > low && middle < high;
}

function halves({ owner, low, high }: Panel): readonly [Panel, Panel] {
  const middle = (low + high) / 2;
  return [
    { owner, low, high: middle },
    { owner, low: middle, high },
  ];
}

function evaluatePanels(integrand: Integrand, panels: readonly Panel[], components: number): Finished[] {
  const points = new Float64Array(panels.length * POINTS_PER_PANEL);
  const owners = new Int32Array(points.length);
  panels.forEach(({ owner, low, high }, p) => {
    for (let i = 0; i < POINTS_PER_PANEL; i++) {
      points[p * POINTS_PER_PANEL + i] = (low + high) / 2 + ((high - low) / 2) * POINTS[i]!;
      owners[p * POINTS_PER_PANEL + i] = owner;
    }
  });
  const results = integrand(points, owners);
  if (results.length !== components) {
    throw new Error(`internal: an integrand gave ${results.length} components, expected ${components}`);
  }
  return panels.map((panel, p) => {
    const values = new Float64Array(components);
    const errors = new Float64Array(components);
    results.forEach((result, c) => {
      let fine = 0;
      let coarse = 0;
      for (let i = 0; i < POINTS_PER_PANEL; i++) {
        const value = result[p * POINTS_PER_PANEL + i]!;
        fine += FINE_WEIGHTS[i]! * value;
        coarse += COARSE_WEIGHTS[i]! * value;
      }
      if (!Number.isFinite(fine)) {
        throw new RangeError(
          `integrate: got an integrand that is not finite in [${panel.low}, ${panel.high}] (component ${c}), expected finite values`,
        );
      }
      const halfWidth = (panel.high - panel.low) / 2;
      values[c] = fine * halfWidth;
      errors[c] = Math.abs(fine - coarse) * halfWidth;
    });
    return { ...panel, values, errors };
  });
}

function totals(panels: readonly Finished[], components: number): { values: Float64Array; errors: Float64Array } {
  const values = new Float64Array(components);
  const errors = new Float64Array(components);
  for (const panel of panels) {
    for (let c = 0; c < components; c++) {
      values[c] = values[c]! + panel.values[c]!;
      errors[c] = errors[c]! + panel.errors[c]!;
    }
  }
  return { values, errors };
}
