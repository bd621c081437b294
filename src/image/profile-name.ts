/**
 * The human-readable name inside an ICC colour profile, for notes to the user. Based on ICC.1:2022 (profile version 4.4),
 * sections 7.3 (tag table) and 10.15 (multiLocalizedUnicodeType), and ICC.1:2001-04 section 6.5.17 for the older
 * textDescriptionType. Reads nothing else of the profile and never fails: a profile that it cannot read has no name.
 */

/** Where the tag table starts: after the fixed header. */
const headerBytes = 128;
/** Real profiles carry 9 to 30 tags; a larger count is damage. */
const maxTags = 200;

/** The profile's description, e.g. "Adobe RGB (1998)", or undefined if it has none that can be read. */
export function profileName(profile: Uint8Array): string | undefined {
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  const text = (start: number, length: number): string =>
    String.fromCharCode(...profile.subarray(start, start + length))
      .replace(/[^ -~]/g, "")
      .trim();
  if (profile.length < headerBytes + 4) return undefined;
  const tags = Math.min(view.getUint32(headerBytes), maxTags);
  for (let entry = headerBytes + 4; entry < headerBytes + 4 + 12 * tags; entry += 12) {
    if (entry + 12 > profile.length) return undefined;
    if (text(entry, 4) !== "desc") continue;
    const offset = view.getUint32(entry + 4);
    if (offset + 28 > profile.length) return undefined;
    const type = text(offset, 4);
    if (type === "desc") {
      const length = Math.min(view.getUint32(offset + 8), 256);
      return text(offset + 12, length) || undefined;
    }
    if (type !== "mluc") return undefined;
    // The first of the translations: UTF-16 big-endian. Dropping the zero bytes leaves the letters of Latin names.
    const length = Math.min(view.getUint32(offset + 20), 512);
    return text(offset + view.getUint32(offset + 24), length) || undefined;
  }
  return undefined;
}
