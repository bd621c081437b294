/**
 * The alpha plane of a stream: filtered rows, deflated (FORMAT.md, "Alpha"). Lossless. Rows come and go one after the other; what is
 * held is what is compressed.
 */
import { BitstreamError } from "../../errors.ts";
import type { Compressor, Deflate } from "./deflate.ts";
import { FILTERS, filterRow, PLAIN, roughness, unfilterRow } from "./row-filters.ts";

/** Compresses a plane row by row. */
export class AlphaEncoder {
  readonly #width: number;
  /** The rows as they are, and each by the filter that makes least of it: the smaller result is taken. */
  readonly #plain: Compressor;
  readonly #filtered: Compressor;
  #above: Uint8Array;

  constructor(width: number, deflate: Deflate) {
    this.#width = width;
    this.#plain = deflate.compressor();
    this.#filtered = deflate.compressor();
    this.#above = new Uint8Array(width);
  }

  /** Takes the next rows. */
  async write(rows: Uint8Array): Promise<void> {
    const width = this.#width;
    const count = rows.length / width;
    const [plain, filtered] = [new Uint8Array((width + 1) * count), new Uint8Array((width + 1) * count)];
    const attempt = new Uint8Array(width);
    for (let index = 0, to = 0; index < count; index++, to += width + 1) {
      const row = rows.subarray(width * index, width * (index + 1));
      plain[to] = PLAIN;
      plain.set(row, to + 1);
      let least = Number.POSITIVE_INFINITY;
      for (let filter = 0; filter < FILTERS; filter++) {
        filterRow(filter, row, this.#above, attempt);
        const rough = roughness(attempt);
        if (rough >= least) continue;
        least = rough;
        filtered[to] = filter;
        filtered.set(attempt, to + 1);
      }
      this.#above = row;
    }
    this.#above = this.#above.slice();
    await this.#plain.write(plain);
    await this.#filtered.write(filtered);
  }

  /** The section of the stream. */
  async finish(): Promise<Uint8Array> {
    const [plain, filtered] = [await this.#plain.finish(), await this.#filtered.finish()];
    return plain.length <= filtered.length ? plain : filtered;
  }

  /** Gives up, in place of {@link finish}. */
  async abandon(): Promise<void> {
    await Promise.all([this.#plain.abandon(), this.#filtered.abandon()]);
  }
}

function corrupt(what: string, cause?: unknown): BitstreamError {
  return new BitstreamError("corrupt-payload", `alpha: got ${what}; the file is damaged, fetch it again`, { cause });
}

/** Size of an alpha plane in pixels, and the platform's deflate. */
export interface AlphaPlane {
  readonly width: number;
  readonly height: number;
  readonly deflate: Deflate;
}

/**
 * The rows of a plane, one after the other, each with its memory to itself. To be taken to the end, where it is found whether the section ends too.
 * @throws {BitstreamError} `corrupt-payload`
 */
export async function* alphaRows(
  section: Uint8Array,
  { width, height, deflate }: AlphaPlane,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let above = new Uint8Array(width);
  let line = new Uint8Array(width + 1);
  let [filled, rows] = [0, 0];
  const parts = deflate.expand(section)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await parts.next().catch((error: unknown) => {
        throw corrupt(`bytes that do not inflate (${error instanceof Error ? error.message : String(error)})`, error);
      });
      if (step.done === true) break;
      for (let at = 0; at < step.value.length; ) {
        if (rows === height) throw corrupt(`more than ${height} rows of ${width}`);
        const taken = step.value.subarray(at, at + width + 1 - filled);
        line.set(taken, filled);
        at += taken.length;
        filled += taken.length;
        if (filled <= width) continue;
        const filter = line[0]!;
        if (filter >= FILTERS) throw corrupt(`the filter ${filter}, expected 0..${FILTERS - 1}`);
        const row = line.subarray(1);
        unfilterRow(filter, row, above);
        yield row;
        above = row;
        line = new Uint8Array(width + 1);
        filled = 0;
        rows++;
      }
    }
  } finally {
    await parts.return?.();
  }
  if (rows !== height || filled > 0) throw corrupt(`${rows} rows of ${width}, expected ${height}`);
}

/** Looks through a section. @throws {BitstreamError} `corrupt-payload` */
export async function checkAlpha(section: Uint8Array, options: AlphaPlane): Promise<void> {
  for await (const _ of alphaRows(section, options));
}
