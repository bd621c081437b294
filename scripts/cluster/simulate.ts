/**
 * Simulates workers on a queue. Runs come in the order of the plan, and forks wait for their trunk. If a worker dies, its run goes on elsewhere from its last
 * checkpoint. Nothing waits for Redis or the store here; docs/cluster.md says from how many workers on that counts.
 */
import { CounterRandom } from "../../src/engine/random.ts";

/** A run: how long it takes one worker, and the number of the run that it begins from. */
export interface SimulatedRun {
  readonly seconds: number;
  readonly trunk?: number;
}

/** What is simulated. Times in seconds. */
export interface Cluster {
  readonly workers: number;
  /** Time for each run beside training: to take it, and to fetch and store its state. */
  readonly overheadSeconds: number;
  /** From the end of a trunk until its forks are ready. */
  readonly gateSeconds: number;
  /** Mean time between two deaths of a worker; infinite for none. */
  readonly meanLifeSeconds: number;
  /** Until a dead worker's run is given to another. The worker itself is back after the same time. */
  readonly stallSeconds: number;
  /** Between two checkpoints. A run that is lost at a random moment does half of it again, in the mean. */
  readonly checkpointSeconds: number;
  readonly seed: number;
}

/** The result. */
export interface Simulated {
  /** From the first run to the last result. */
  readonly seconds: number;
  /** Share of the workers' time in which they trained what counted. */
  readonly efficiency: number;
  readonly deaths: number;
}

interface Waiting {
  readonly run: number;
  readonly readyAt: number;
  /** Seconds of its training. */
  readonly left: number;
}

/** Simulates a plan. */
export function simulate(runs: readonly SimulatedRun[], cluster: Cluster): Simulated {
  const { workers, overheadSeconds, gateSeconds, meanLifeSeconds, stallSeconds, checkpointSeconds, seed } = cluster;
  const random = new CounterRandom(seed);
  let draws = 0;
  const uniform = (): number => (random.uint32(0, 0, draws++) + 0.5) / 2 ** 32;
  const waiting: Waiting[] = [];
  runs.forEach(({ seconds, trunk }, run) => {
    if (trunk === undefined) waiting.push({ run, readyAt: 0, left: seconds });
  });
  /** When each worker is free. */
  const free: number[] = new Array<number>(workers).fill(0);
  let [end, deaths] = [0, 0];
  while (waiting.length > 0) {
    const worker = free.indexOf(Math.min(...free));
    const earliest = Math.min(...waiting.map(({ readyAt }) => readyAt));
    const now = Math.max(free[worker]!, earliest);
    // The first of the plan among those that are ready.
    const ready = waiting.filter(({ readyAt }) => readyAt <= now).sort((a, b) => a.run - b.run)[0]!;
    waiting.splice(waiting.indexOf(ready), 1);
    const needed = overheadSeconds + ready.left;
    const life = -meanLifeSeconds * Math.log(uniform());
    if (life < needed) {
      deaths++;
      const trained = Math.max(0, life - overheadSeconds);
      const lost = Math.min(trained, uniform() * checkpointSeconds);
      const again = now + life + stallSeconds;
      free[worker] = again;
      waiting.push({ run: ready.run, readyAt: again, left: ready.left - (trained - lost) });
      continue;
    }
    const over = now + needed;
    free[worker] = over;
    end = Math.max(end, over);
    runs.forEach(({ seconds, trunk }, run) => {
      if (trunk === ready.run) waiting.push({ run, readyAt: over + gateSeconds, left: seconds });
    });
  }
  const total = runs.reduce((sum, { seconds }) => sum + seconds, 0);
  return { seconds: end, efficiency: end === 0 ? 1 : total / (workers * end), deaths };
}
