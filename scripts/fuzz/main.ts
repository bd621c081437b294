/**
 * `npm run fuzz -- [--seconds N | --count N] [--seed S]`: tries every prefix and every changed bit of small streams, then
 * hostile streams and model files for a while. The exit code is 1 if anything was found. Give node `--max-old-space-size` to see that little memory is enough.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { fuzz, fuzzEveryByte, openFuzzTarget } from "./fuzz.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string" }, count: { type: "string" }, seed: { type: "string", default: "0" } },
});
const seed = Number(values.seed);
const count = values.count === undefined ? Number.MAX_SAFE_INTEGER - seed : Number(values.count);
const seconds = Number(values.seconds ?? (values.count === undefined ? 60 : Number.POSITIVE_INFINITY));
if (!(seconds > 0 && count > 0) || !Number.isSafeInteger(seed) || seed < 0) {
  process.stderr.write("fuzz: expected --seconds or --count above 0 and --seed, an integer of 0 or more\n");
  process.exitCode = 2;
} else {
  const target = await openFuzzTarget();
  const everyByte = await fuzzEveryByte(target);
  // A tenth of all are model files. Streams come first, for the peak of memory to be theirs.
  const startMs = performance.now();
  const streams = await fuzz(target, {
    what: "streams",
    first: seed,
    count: Math.ceil(0.9 * count),
    until: startMs + 900 * seconds,
  });
  const models = await fuzz(target, {
    what: "models",
    first: seed,
    count: Math.ceil(0.1 * count),
    until: startMs + 1000 * seconds,
  });
  await target.close();
  process.stdout.write(`${JSON.stringify({ everyByte, streams, models }, null, 2)}\n`);
  if ([everyByte, streams, models].some(({ findings }) => findings.length > 0)) process.exitCode = 1;
}
