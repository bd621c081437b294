/** `npm run fuzz -- --seconds N [--seed S]`: hostile streams and model files for a while; exits with 1 if anything was found. */
import process from "node:process";
import { parseArgs } from "node:util";
import { fuzz, openFuzzTarget } from "./fuzz/fuzz.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string", default: "0" } },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (!(seconds > 0) || !Number.isSafeInteger(seed) || seed < 0) {
  process.stderr.write("fuzz: expected --seconds above 0 and --seed, an integer of 0 or more\n");
  process.exitCode = 2;
} else {
  const target = await openFuzzTarget();
  const report = await fuzz(target, seed, Number.MAX_SAFE_INTEGER - seed, performance.now() + 1000 * seconds);
  await target.close();
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.findings.length > 0) process.exitCode = 1;
}
