/**
 * How far each letter of a TrueType font moves the pen, read from the tables `head`, `hhea`, `hmtx` and `cmap` (format 4) of the font
 * file (OpenType specification 1.9). It reads nothing else of a font, and refuses fonts without these tables.
 */

/** The pen's way of a character, in parts of the font size; undefined for a character that the font lacks. */
export type GlyphWidths = (character: string) => number | undefined;

/**
 * Reads the widths of a font.
 * @param font bytes of a TrueType file.
 * @throws {Error} "internal: ..." when a table is missing: the fonts are the project's own.
 */
export function readGlyphWidths(font: Uint8Array): GlyphWidths {
  const view = new DataView(font.buffer, font.byteOffset, font.byteLength);
  const tables = new Map<string, number>();
  for (let i = 0; i < view.getUint16(4); i++) {
    const entry = 12 + 16 * i;
    tables.set(String.fromCharCode(...font.subarray(entry, entry + 4)), view.getUint32(entry + 8));
  }
  const table = (name: string): number => {
    const offset = tables.get(name);
    if (offset === undefined) throw new Error(`internal: a font has no table "${name}"`);
    return offset;
  };
  const unitsPerEm = view.getUint16(table("head") + 18);
  const longMetrics = view.getUint16(table("hhea") + 34);
  const metrics = table("hmtx");
  const glyphOf = readCharacterMap(view, table("cmap"));
  return (character) => {
    const glyph = glyphOf(character.charCodeAt(0));
    return glyph === 0 ? undefined : view.getUint16(metrics + 4 * Math.min(glyph, longMetrics - 1)) / unitsPerEm;
  };
}

function readCharacterMap(view: DataView, cmap: number): (code: number) => number {
  let map = 0;
  for (let i = 0; i < view.getUint16(cmap + 2); i++) {
    const offset = cmap + view.getUint32(cmap + 4 + 8 * i + 4);
    if (view.getUint16(offset) === 4) map = offset;
  }
  if (map === 0) throw new Error("internal: a font has no character map of format 4");
  const twiceSegments = view.getUint16(map + 6);
  const ends = map + 14;
  const starts = ends + twiceSegments + 2;
  return (code) => {
    for (let segment = 0; segment < twiceSegments; segment += 2) {
      if (view.getUint16(ends + segment) < code) continue;
      const start = view.getUint16(starts + segment);
      if (start > code) return 0;
      const delta = view.getUint16(starts + twiceSegments + segment);
      const rangePlace = starts + 2 * twiceSegments + segment;
      const range = view.getUint16(rangePlace);
      if (range === 0) return (code + delta) & 0xffff;
      const glyph = view.getUint16(rangePlace + range + 2 * (code - start));
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
}
