/**
 * Makes the generated part of README.md in this folder from results/measured/effort.json:
 *
 *   npx tsx experiments/effort/account.ts
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { writeFileAtomic } from "../../src/atomic-file.ts";
import { packagePath } from "../../src/package-folder.ts";
import { withGeneratedPart } from "../generated-part.ts";
import { EFFORT_PART, effortTable } from "./effort-table.ts";

const DOCUMENT = path.join(import.meta.dirname, "README.md");
const { plan, rows } = JSON.parse(readFileSync(packagePath("results", "measured", "effort.json"), "utf8"));
const text = withGeneratedPart(readFileSync(DOCUMENT, "utf8"), DOCUMENT, EFFORT_PART, effortTable(plan, rows));
await writeFileAtomic(DOCUMENT, new TextEncoder().encode(text), { force: true });
