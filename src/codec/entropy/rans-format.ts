/**
 * The numbers that encoder and decoder of the entropy-coded payload share (FORMAT.md, "Entropy-coded sections").
 *
 * The coder is a range variant of asymmetric numeral systems (Duda 2013, arXiv:1311.2540) with one 31-bit state,
 * 16-bit frequencies and renormalisation by bytes. Why these numbers: docs/decisions/0002-entropy-coder.md. Changing any of
 * them changes every stream, hence the format version.
 */

/** Between symbols the state is in `[STATE_LOW, 256 * STATE_LOW)`. Before the first one is encoded it is `STATE_LOW`. */
export const STATE_LOW = 8388608; // 2^23
/** A symbol of frequency f is encoded from a state below `f << STATE_CEILING_SHIFT`: 2^31 / 65536 = 2^15. */
export const STATE_CEILING_SHIFT = 15;
/** Bytes of the final state, at the front of the payload. */
export const STATE_BYTES = 4;
/** Bits of the escape header: the exponent of the distance in the upper five, the side in the lowest. */
export const ESCAPE_HEADER_BITS = 6;
/** Most bits that one bypass step carries. */
export const BYPASS_STEP_BITS = 16;
/** A distance to the edge of a table, plus one, is below `2 ** (ESCAPE_EXPONENT_LIMIT + 1)`: twice the symbol limit of 2^20. */
export const ESCAPE_EXPONENT_LIMIT = 20;
