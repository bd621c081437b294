/**
 * Writes littlecms-tables.json: what LittleCMS makes of the profiles and the samples of test/support/table-colours.ts, as levels 0..255 of sRGB, relative
 * colorimetric, without optimisation, by its program `transicc` (2.14; Debian's package liblcms2-utils). To make the numbers anew:
 *
 *     npx tsx test/vectors/littlecms-tables.ts
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { GREY_TABLE_PROFILES, GREYS, TABLE_PROFILES, tableSamples } from "../support/table-colours.ts";

const folder = mkdtempSync(path.join(tmpdir(), "halfstep-littlecms-"));
const profile = path.join(folder, "profile.icc");
const asked = [
  ...[...TABLE_PROFILES].map(([tables, bytes]) => ({ tables, bytes, samples: tableSamples(8), channels: 3 })),
  ...[...GREY_TABLE_PROFILES].map(([tables, bytes]) => ({ tables, bytes, samples: GREYS, channels: 1 })),
];
const vectors = asked.map(({ tables, bytes, samples, channels }) => {
  writeFileSync(profile, bytes);
  const input = `${samples.join("\n")}\nq\n`;
  const words = ["-n", "-s", "-t1", "-c0", `-i${profile}`, "-o*sRGB"];
  const output = execFileSync("transicc", words, { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
  const srgb = (output.match(/-?\d+(\.\d+)?/g) ?? []).map((level) => Number(Number(level).toFixed(2)));
  if (srgb.length !== (3 * samples.length) / channels) throw new Error(`transicc wrote ${srgb.length} numbers: ${output.slice(0, 400)}`);
  return { tables, srgb };
});
writeFileSync(
  path.join(import.meta.dirname, "littlecms-tables.json"),
  `[\n${vectors.map((vector) => `  ${JSON.stringify(vector)}`).join(",\n")}\n]\n`,
);
rmSync(folder, { recursive: true });
