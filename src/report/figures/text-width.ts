/**
 * Widths of text for laying out charts. Without a canvas Vega guesses; these are DejaVu Sans's own advance widths for the
 * printable ASCII characters, in thousandths of the font size, and the width of a digit for any other character.
 */

/** Advance widths of the characters from U+0020 to U+007E; read from the font's `hmtx` table (units per em: 2048). */
const ADVANCES_PER_MILLE = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
  636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
  748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
  615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
  337, 636, 838,
];
const FIRST_CHARACTER = 0x20;
const OTHER_PER_MILLE = 636;
/** Bold letters of the family are about this much wider. */
const BOLD_FACTOR = 1.1;

/** Width of a line of text in pixels. */
export function textWidth(text: string, fontSize: number, isBold = false): number {
  let total = 0;
  for (const character of text) {
    total += ADVANCES_PER_MILLE[(character.codePointAt(0) ?? 0) - FIRST_CHARACTER] ?? OTHER_PER_MILLE;
  }
  return (total / 1000) * fontSize * (isBold ? BOLD_FACTOR : 1);
}
