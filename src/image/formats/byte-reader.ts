/** Bytes of a file that are read where they are needed: of those at hand, or, in `files/`, of a file on the disk. */

/** A file, read by positions. */
export interface ByteReader {
  readonly byteLength: number;
  /** Bytes from a position on: `length` of them, or fewer where the file ends. Not to be kept over the next call. */
  read(position: number, length: number): Promise<Uint8Array>;
}

/** Reads bytes at hand. */
export function bytesReader(bytes: Uint8Array): ByteReader {
  return {
    byteLength: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + length),
  };
}

/** Bytes that are fetched at a time. */
const BLOCK_BYTES = 65536;

/** The same file; short pieces close together cost one reading. */
export function bufferedReader(reader: ByteReader): ByteReader {
  let start = 0;
  let block: Uint8Array = new Uint8Array(0);
  return {
    byteLength: reader.byteLength,
    async read(position, length) {
      if (length > BLOCK_BYTES) return reader.read(position, length);
      if (position < start || position + length > start + block.length) {
        block = Uint8Array.from(await reader.read(position, BLOCK_BYTES));
        start = position;
      }
      return block.subarray(position - start, position - start + length);
    },
  };
}

/** A view of bytes for their numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes as letters, one for each. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
