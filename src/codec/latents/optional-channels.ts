/**
 * Channels of y that a tile may leave out: most pictures have nothing to say in them, and then they cost a bit for the tile and no time. The
 * encoder says which of them are coded; the others are 0 (FORMAT.md, "Optional channels").
 */
import { BitstreamError } from "../../errors.ts";
import type { SymbolDecoder } from "../entropy/rans-decoder.ts";
import type { SymbolEncoder } from "../entropy/rans-encoder.ts";
import { FrequencyTableSet } from "../entropy/table-set.ts";

/** A yes or a no of one bit. The escape, which every table has, takes the least that it can. */
const ONE_BIT: FrequencyTableSet = FrequencyTableSet.from([
  { firstSymbol: 0, frequencies: Uint16Array.of(32768, 32767, 1) },
]);

/**
 * Whether a channel is worth its bits: whether the squared error that it saves is worth more than what its symbols cost about, by
 * their own frequencies.
 *
 * @param values `[n]` of one channel of a tile, in quantization steps
 * @param bitsPerSquaredStep as `economicalRounding` has it
 */
export function isWorthCoding(values: Float32Array, bitsPerSquaredStep: number): boolean {
  let [count, bits, saved] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    const magnitude = Math.round(size);
    if (magnitude === 0) continue;
    count++;
    bits += 1 + 2 * Math.log2(magnitude);
    saved += size * size - (size - magnitude) ** 2;
  }
  if (count === 0) return false;
  const share = count / values.length;
  const rest = 1 - share;
  bits -= values.length * (share * Math.log2(share) + (rest === 0 ? 0 : rest * Math.log2(rest)));
  return saved * bitsPerSquaredStep > bits;
}

function bitsOf(length: number): Uint8Array {
  return new Uint8Array(length);
}

/**
 * Writes which channels are there: whether there is any, and if so, each.
 * @param present `[channels]` of 0 and 1
 */
export function writePresence(encoder: SymbolEncoder, present: Uint8Array): void {
  const any = present.includes(1);
  encoder.push(Int32Array.of(any ? 1 : 0), bitsOf(1), ONE_BIT);
  if (any) encoder.push(Int32Array.from(present), bitsOf(present.length), ONE_BIT);
}

/**
 * Reads what {@link writePresence} wrote.
 * @returns `[channels]` of 0 and 1
 * @throws {BitstreamError} `truncated`, or `corrupt-payload` for what is neither a yes nor a no
 */
export function readPresence(decoder: SymbolDecoder, channels: number): Uint8Array {
  const read = (count: number): Int32Array => {
    const symbols = new Int32Array(count);
    decoder.decode(bitsOf(count), ONE_BIT, symbols);
    if (symbols.every((symbol) => symbol === 0 || symbol === 1)) return symbols;
    throw new BitstreamError(
      "corrupt-payload",
      "stream: got a channel that is neither there nor not, expected 0 or 1; the file is damaged, fetch it again",
    );
  };
  return read(1)[0] === 0 ? new Uint8Array(channels) : Uint8Array.from(read(channels));
}
