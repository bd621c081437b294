/**
 * What the boxes of an AVIF file say about its main picture: colour told by numbers ("nclx"), and a gain map. Based on
 * ISO/IEC 14496-12 (boxes, pitm, iinf) and 23008-12 (iprp, ipco, ipma), and on AV1 Image File Format 1.2 (tmap).
 */
import type { CodePoints } from "../colour/code-points.ts";
import { type ByteReader, latin1, viewOf } from "./byte-reader.ts";

/** What is known of an AVIF file. */
export interface AvifFacts {
  readonly codePoints: CodePoints | null;
  /** It has a second rendition of higher range. */
  readonly hasGainMap: boolean;
}

/** Largest box "meta" that is read; those of real files have some hundred bytes for each picture. */
const MAX_META_BYTES = 2 ** 22;
/** Boxes on the way to "meta" that are passed at most. */
const MAX_TOP_BOXES = 64;

interface Box {
  readonly type: string;
  readonly body: Uint8Array;
}

/** Reads the boxes; what is damaged or missing counts as not told. */
export async function readAvifFacts(file: ByteReader): Promise<AvifFacts> {
  const meta = await readMeta(file);
  const boxes = meta === null ? [] : childrenOf(meta.subarray(4));
  const main = mainItem(boxes);
  const properties = boxes.filter(({ type }) => type === "iprp").flatMap(({ body }) => childrenOf(body));
  const list = properties.filter(({ type }) => type === "ipco").flatMap(({ body }) => childrenOf(body));
  const own = properties
    .filter(({ type }) => type === "ipma")
    .flatMap(({ body }) => indexesOf(body, main))
    .map((index) => list[index - 1]);
  const nclx = own.find(
    (box) => box?.type === "colr" && latin1(box.body.subarray(0, 4)) === "nclx" && box.body.length >= 8,
  );
  const view = nclx && viewOf(nclx.body);
  return {
    codePoints: view ? { primaries: view.getUint16(4), transfer: view.getUint16(6) } : null,
    hasGainMap: boxes.some(({ type, body }) => type === "iinf" && namesToneMap(body)),
  };
}

async function readMeta(file: ByteReader): Promise<Uint8Array | null> {
  for (let at = 0, passed = 0; passed < MAX_TOP_BOXES; passed++) {
    const head = await file.read(at, 16);
    if (head.length < 8) return null;
    const view = viewOf(head);
    const type = latin1(head.subarray(4, 8));
    let [size, headBytes] = [view.getUint32(0), 8];
    if (size === 1 && head.length === 16) [size, headBytes] = [Number(view.getBigUint64(8)), 16];
    if (size === 0) size = file.byteLength - at;
    if (size < headBytes) return null;
    if (type === "meta") {
      return size > MAX_META_BYTES ? null : Uint8Array.from(await file.read(at + headBytes, size - headBytes));
    }
    at += size;
  }
  return null;
}

function childrenOf(bytes: Uint8Array): readonly Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = viewOf(bytes).getUint32(at);
    if (size < 8 || at + size > bytes.length) break;
    boxes.push({ type: latin1(bytes.subarray(at + 4, at + 8)), body: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return boxes;
}

/** The number of the picture that is shown. */
function mainItem(boxes: readonly Box[]): number | null {
  const body = boxes.find(({ type }) => type === "pitm")?.body;
  if (body === undefined || body.length < 6) return null;
  if (body[0] === 0) return viewOf(body).getUint16(4);
  return body.length < 8 ? null : viewOf(body).getUint32(4);
}

/** Places, from 1 on, of the properties of an item. */
function indexesOf(body: Uint8Array, item: number | null): readonly number[] {
  if (body.length < 8) return [];
  const view = viewOf(body);
  const [idBytes, indexBytes] = [body[0] === 0 ? 2 : 4, (body[3]! & 1) === 0 ? 1 : 2];
  const entries = view.getUint32(4);
  for (let at = 8, i = 0; i < entries && at + idBytes + 1 <= body.length; i++) {
    const id = idBytes === 2 ? view.getUint16(at) : view.getUint32(at);
    const count = body[at + idBytes]!;
    at += idBytes + 1;
    if (id === item && at + count * indexBytes <= body.length) {
      // The first bit says that the property is essential.
      return Array.from({ length: count }, (_, k) =>
        indexBytes === 1 ? view.getUint8(at + k) & 127 : view.getUint16(at + 2 * k) & 32767,
      );
    }
    at += count * indexBytes;
  }
  return [];
}

/** Whether one of the items is the recipe of a picture of higher range. */
function namesToneMap(body: Uint8Array): boolean {
  const start = body[0] === 0 ? 6 : 8;
  return childrenOf(body.subarray(start)).some(({ type, body: entry }) => {
    if (type !== "infe" || entry[0]! < 2) return false;
    const at = entry[0] === 2 ? 8 : 10;
    return latin1(entry.subarray(at, at + 4)) === "tmap";
  });
}
