/**
 * The tag table of an ICC profile. Based on ICC.1:2022 (profile version 4.4), section 7.3. It never fails: what is outside of the profile is left out.
 */

/** Bytes of the fixed header, behind which the table starts. */
const HEADER_BYTES = 128;
/** Real profiles carry 9 to 30 tags; a larger count is damage. */
const MAX_TAGS = 200;
const ENTRY_BYTES = 12;

/** The tags that lie within the profile, by their four letters; null if it has no whole table of at most {@link MAX_TAGS} tags. */
export function profileTags(profile: Uint8Array): ReadonlyMap<string, DataView> | null {
  if (profile.length < HEADER_BYTES + 4) return null;
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  const count = view.getUint32(HEADER_BYTES);
  if (count > MAX_TAGS || HEADER_BYTES + 4 + ENTRY_BYTES * count > profile.length) return null;
  const tags = new Map<string, DataView>();
  for (let i = 0, at = HEADER_BYTES + 4; i < count; i++, at += ENTRY_BYTES) {
    const [offset, length] = [view.getUint32(at + 4), view.getUint32(at + 8)];
    if (offset + length > profile.length) continue;
    tags.set(fourLetters(view, at), new DataView(profile.buffer, profile.byteOffset + offset, length));
  }
  return tags;
}

/** The type of a tag; empty if it is too short to have one. */
export function tagType(tag: DataView): string {
  return tag.byteLength < 4 ? "" : fourLetters(tag, 0);
}

/** Four bytes as the letters that names of the specification are. */
export function fourLetters(view: DataView, at: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4));
}

/** A signed number of 16 bits before and 16 behind the point. */
export function fixedNumber(view: DataView, at: number): number {
  return view.getInt32(at) / 65536;
}
