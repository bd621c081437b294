/** `npx tsx scripts/cluster/main.ts`: prints the table of docs/cluster.md on how many workers a comparison needs. */
import process from "node:process";
import { type SimulatedRun, simulate } from "./simulate.ts";

/** Like the comparison of seven networks: 21 trunks of 90 minutes, one for each network and seed, and 37 forks of 30 minutes from each. */
const TRUNKS = 21;
const FORKS = 37;
const runs: SimulatedRun[] = [
  ...Array.from({ length: TRUNKS }, () => ({ seconds: 5400 })),
  ...Array.from({ length: TRUNKS * FORKS }, (_, k) => ({ seconds: 1800, trunk: Math.floor(k / FORKS) })),
];
const HOUR = 3600;
/** Time for each run beside training, in seconds. This is a generous guess: a run of some seconds costs half a second. */
const base = { overheadSeconds: 5, gateSeconds: 15, stallSeconds: 30, checkpointSeconds: 60, seed: 1 };

process.stdout.write(
  "| workers | hours | efficiency | hours when a worker lives for 4 on average | efficiency | deaths |\n|---|---|---|---|---|---|\n",
);
for (const workers of [1, 10, 21, 100, 400]) {
  const safe = simulate(runs, { ...base, workers, meanLifeSeconds: Number.POSITIVE_INFINITY });
  const spot = simulate(runs, { ...base, workers, meanLifeSeconds: 4 * HOUR });
  const cells = [
    workers,
    (safe.seconds / HOUR).toFixed(1),
    `${(100 * safe.efficiency).toFixed(1)} %`,
    (spot.seconds / HOUR).toFixed(1),
    `${(100 * spot.efficiency).toFixed(1)} %`,
    spot.deaths,
  ];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
