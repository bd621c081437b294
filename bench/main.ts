/**
 * `npm run bench -- <name>... [--json]`: runs the named benchmarks one after the other on whatever machine this is, and
 * prints a table for each, or one JSON document for all. A benchmark is loaded only when it is named.
 */
import { totalmem } from "node:os";
import process from "node:process";
import { describeProcessor } from "../src/surroundings.ts";
import { type BenchReport, formatReport } from "./report.ts";

/** Options that a benchmark gets. */
export interface BenchOptions {
  /** Whether the result goes to a program. */
  readonly json: boolean;
}

const BENCHMARKS: Readonly<Record<string, (options: BenchOptions) => Promise<BenchReport>>> = {
  "train-step": async (options) => (await import("./train-step.ts")).benchTrainStep(options),
  networks: async (options) => (await import("./networks.ts")).benchNetworks(options),
  lowering: async (options) => (await import("./lowering.ts")).benchLowering(options),
  "entropy-coder": async (options) => (await import("./entropy-coder.ts")).benchEntropyCoder(options),
  cold: async () => (await import("./cold.ts")).benchCold(),
  batch: async () => (await import("./batch.ts")).benchBatch(),
  codec: async (options) => (await import("./codec.ts")).benchCodec(options),
  runtimes: async (options) => (await import("./runtimes.ts")).benchRuntimes(options),
  exactness: async (options) => (await import("./exactness.ts")).benchExactness(options),
  sizes: async (options) => (await import("./sizes.ts")).benchSizes(options),
  alpha: async () => (await import("./alpha.ts")).benchAlpha(),
  measures: async () => (await import("./measures.ts")).benchMeasures(),
  cluster: async (options) => (await import("./cluster.ts")).benchCluster(options),
  "cluster-pictures": async () => (await import("./cluster-pictures.ts")).benchClusterPictures(),
  page: async () => (await import("./page.ts")).benchPage(),
  kodak: async (options) => (await import("./kodak.ts")).benchKodak(options),
};

const words = process.argv.slice(2);
const json = words.includes("--json");
const names = words.filter((word) => word !== "--json");
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (names.length === 0 || unknown.length > 0) {
  const got = unknown.length > 0 ? unknown.join(", ") : "no name";
  process.stderr.write(
    `bench: got ${got}, expected one or more of ${Object.keys(BENCHMARKS).join(", ")}, and --json\n`,
  );
  process.exitCode = 2;
} else {
  const { model, cores } = describeProcessor();
  const machine = {
    cpu: model,
    cores,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    date: new Date().toISOString(),
  };
  if (!json) {
    process.stdout.write(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Node ${machine.node}\n`);
  }
  const reports: BenchReport[] = [];
  for (const name of names) {
    const report = await BENCHMARKS[name]!({ json });
    reports.push(report);
    if (!json) process.stdout.write(`\n${formatReport(report)}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify({ machine, reports }, null, 2)}\n`);
}
