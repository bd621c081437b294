/** The tables of docs/surrogates.md, made from the records of src/quantize/ and the defaults of the configuration. */
import {
  findSurrogate,
  formsOf,
  SURROGATE_IDS,
  SURROGATE_PRESETS,
  SURROGATES,
  type Surrogate,
} from "../../src/quantize/index.ts";

/** What stands before and after the generated part of the document. */
export const MARKERS: { readonly begin: string; readonly end: string } = {
  begin: "<!-- surrogates: made by `npx tsx scripts/surrogates/main.ts --write` -->",
  end: "<!-- /surrogates -->",
};

/** The generated part, without its markers. */
export function surrogateTablesMarkdown(): string {
  return [
    table(
      ["`id`", "`form`", "title", "value", "derivative J, first the default", "`gradient`", "source"],
      SURROGATES.map((one) => [
        code(one.id),
        one.form === null ? "" : code(one.form),
        one.title,
        one.formula,
        one.slope,
        one.gradients.map(code).join(", "),
        `${one.source}${one.isReconstruction ? " (**our reconstruction**)" : ""}`,
      ]),
    ),
    "Noise and temperature:",
    table(
      ["surrogate", "noise, `dither`", "temperature T", "lowest T", "highest T", "default, over the run"],
      SURROGATES.map((one) => [code(nameOf(one)), noiseOf(one), ...temperatureOf(one)]),
    ),
    "Noise that gathers around its middle:",
    table(
      ["surrogate", "concentration c", "where none is given"],
      SURROGATES.flatMap((one) =>
        one.concentration === undefined
          ? []
          : [
              [
                code(nameOf(one)),
                `${one.concentration.lowest} to ${one.concentration.highest}`,
                one.concentration.byDefault,
              ],
            ],
      ),
    ),
    "Names for pairs:",
    table(
      ["`surrogate`", "rate", "distortion", "`hardFrom`", "what", "source"],
      Object.entries(SURROGATE_PRESETS).map(([name, preset]) => [
        code(name),
        code(preset.rate),
        code(preset.distortion),
        preset.hardFrom === undefined ? "" : String(preset.hardFrom),
        preset.title,
        preset.source,
      ]),
    ),
    `Any \`id\` alone stands for itself on both paths: ${SURROGATE_IDS.map(code).join(", ")}. Where an \`id\` has forms, the first is meant if none is given: ${defaultForms()}.`,
  ].join("\n\n");
}

function nameOf({ id, form }: Surrogate): string {
  return form === null ? id : `${id} ${form}`;
}

function noiseOf({ noise }: Surrogate): string {
  if (noise === null) return "none";
  const dither = noise.defaultDither === "element" ? "each element, `element`" : "each image, `shared`";
  return noise.numbers === 2 ? `${dither}; two numbers` : dither;
}

function temperatureOf({ temperature }: Surrogate): string[] {
  if (temperature === null) return ["none", "", "", ""];
  const { lowest, highest, atLowest, atHighest, anneal } = temperature;
  return [`${lowest} to ${highest}`, atLowest, atHighest, `${anneal.from} to ${anneal.to}, exponentially`];
}

function defaultForms(): string {
  return SURROGATE_IDS.filter((id) => formsOf(id).length > 0)
    .map((id) => `${code(id)} is ${code(findSurrogate(id).form ?? "")}`)
    .join("; ");
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/**
 * The document with its generated part renewed.
 *
 * @throws {Error} if the markers are missing or out of order.
 */
export function renewTables(text: string): string {
  const begin = text.indexOf(MARKERS.begin);
  const end = text.indexOf(MARKERS.end);
  if (begin < 0 || end < begin) {
    throw new Error(`surrogate-table: got a document without "${MARKERS.begin}" … "${MARKERS.end}"; put both in`);
  }
  return `${text.slice(0, begin + MARKERS.begin.length)}\n${surrogateTablesMarkdown()}\n${text.slice(end)}`;
}
