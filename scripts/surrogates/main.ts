/**
 * `npx tsx scripts/surrogates/main.ts --check` tells whether the tables of docs/surrogates.md are those of the code. The exit code is 1 if
 * they are not. `--write` renews them.
 */
import { renewDocument } from "../documents/renew-document.ts";
import { renewTables } from "./surrogate-table.ts";

renewDocument({ program: "scripts/surrogates/main.ts", document: "docs/surrogates.md", renew: renewTables });
