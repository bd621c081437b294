/**
 * `npx tsx scripts/format-layers/main.ts --check`: whether the tables of entropy layers in FORMAT.md are those of the code; exit code 1
 * if not. `--write` renews them.
 */
import { renewDocument } from "../documents/renew-document.ts";
import { renewLayerTables } from "./layer-tables.ts";

renewDocument({ program: "scripts/format-layers/main.ts", document: "FORMAT.md", renew: renewLayerTables });
