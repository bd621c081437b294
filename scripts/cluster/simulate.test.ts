import fc from "fast-check";
import { expect, it } from "vitest";
import { type Cluster, type SimulatedRun, simulate } from "./simulate.ts";

const CLUSTER: Cluster = {
  workers: 1,
  overheadSeconds: 0,
  gateSeconds: 0,
  meanLifeSeconds: Number.POSITIVE_INFINITY,
  stallSeconds: 30,
  checkpointSeconds: 60,
  seed: 1,
};

/** Trunks with forks of their own. */
const plans = fc
  .array(
    fc.record({
      seconds: fc.integer({ min: 1, max: 500 }),
      forks: fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 5 }),
    }),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((trunks): SimulatedRun[] => [
    ...trunks.map(({ seconds }) => ({ seconds })),
    ...trunks.flatMap(({ forks }, trunk) => forks.map((seconds) => ({ seconds, trunk }))),
  ]);

it("keeps the bounds of list scheduling: no less than the work or the longest chain, no more than both together", () => {
  fc.assert(
    fc.property(plans, fc.integer({ min: 1, max: 12 }), (runs, workers) => {
      const { seconds, deaths } = simulate(runs, { ...CLUSTER, workers });
      const work = runs.reduce((sum, run) => sum + run.seconds, 0) / workers;
      const chain = Math.max(
        ...runs.map((run) => run.seconds + (run.trunk === undefined ? 0 : runs[run.trunk]!.seconds)),
      );
      expect(deaths).toBe(0);
      expect(seconds).toBeGreaterThanOrEqual(Math.max(work, chain) - 1e-6);
      // Graham's bound for list scheduling of chains.
      expect(seconds).toBeLessThanOrEqual(work + chain + 1e-6);
    }),
    { seed: 7 },
  );
});

it("adds up what a single worker does, with what each run costs beside", () => {
  const runs = [{ seconds: 100 }, { seconds: 50, trunk: 0 }, { seconds: 25 }];
  expect(simulate(runs, { ...CLUSTER, overheadSeconds: 2 }).seconds).toBe(181);
  // The fork comes last in no case: while it waits the other run is trained.
  expect(simulate(runs, { ...CLUSTER, gateSeconds: 15 }).seconds).toBe(175);
});

it("loses time by deaths, and no work", () => {
  const runs = Array.from({ length: 40 }, () => ({ seconds: 600 }));
  const safe = simulate(runs, { ...CLUSTER, workers: 4 });
  const deadly = simulate(runs, { ...CLUSTER, workers: 4, meanLifeSeconds: 1200 });
  expect(safe).toEqual({ seconds: 6000, efficiency: 1, deaths: 0 });
  expect(deadly.deaths).toBeGreaterThan(5);
  expect(deadly.seconds).toBeGreaterThan(safe.seconds);
  expect(deadly.seconds).toBeLessThan(2 * safe.seconds);
});
