/**
 * The human-readable name inside an ICC colour profile, for notes to the user. Based on ICC.1:2022 (profile version 4.4),
 * section 10.15 (multiLocalizedUnicodeType), and ICC.1:2001-04 section 6.5.17 for the older textDescriptionType. Never fails:
 * a profile that it cannot read has no name.
 */
import { profileTags, tagType } from "./icc-tags.ts";

/** Longest name that is taken, in bytes; the field is 32 bits wide. */
const MAX_BYTES = { desc: 256, mluc: 512 } as const;
/** Bytes of a description before its text, and of a list of translations with its first entry. */
const LEAST_BYTES = { desc: 12, mluc: 28 } as const;

/** The profile's description, e.g. "Adobe RGB (1998)", or undefined if it has none that can be read. */
export function profileName(profile: Uint8Array): string | undefined {
  const tag = profileTags(profile)?.get("desc");
  if (tag === undefined) return undefined;
  const type = tagType(tag);
  if ((type !== "desc" && type !== "mluc") || tag.byteLength < LEAST_BYTES[type]) return undefined;
  if (type === "desc") return printable(tag, 12, Math.min(tag.getUint32(8), MAX_BYTES.desc));
  // The first of the translations: UTF-16 big-endian. Dropping the zero bytes leaves the letters of Latin names.
  return printable(tag, tag.getUint32(24), Math.min(tag.getUint32(20), MAX_BYTES.mluc));
}

/** The printable letters of a place in a tag, as far as they lie in it; undefined if there are none. */
function printable(tag: DataView, start: number, length: number): string | undefined {
  const bytes = new Uint8Array(tag.buffer, tag.byteOffset, tag.byteLength).subarray(start, start + length);
  const text = String.fromCharCode(...bytes).replace(/[^ -~]/g, "");
  return text.trim() || undefined;
}
