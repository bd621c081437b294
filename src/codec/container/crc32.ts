/**
 * CRC-32 as in Ethernet, gzip and PNG (ISO 3309, ITU-T V.42): reflected polynomial 0xEDB88320, initial value and final
 * exclusive-or 0xFFFFFFFF. It finds every single flipped bit and every burst of up to 32 bits. It is no protection
 * against someone who means to deceive.
 */

const POLYNOMIAL = 0xedb88320 | 0;

const TABLE = makeTable();

/** The remainder of every byte. */
function makeTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
    return remainder;
  });
}

/** CRC-32 of the bytes, an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}
