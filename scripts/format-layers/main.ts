/**
 * `npx tsx scripts/format-layers/main.ts --check` tells whether the tables of entropy layers in FORMAT.md are those of the code. The exit code
 * is 1 if they are not. `--write` renews them.
 */
import { renewDocument } from "../documents/renew-document.ts";
import { renewLayerTables } from "./layer-tables.ts";

renewDocument({ program: "scripts/format-layers/main.ts", document: "FORMAT.md", renew: renewLayerTables });
