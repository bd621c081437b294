/**
 * Frees the memory of arrays at once. Otherwise it is freed when the garbage of the heap is collected, and V8 collects the more often the more memory
 * arrays take: with networks that give tens of megabytes for each picture, it marks a heap that has hardly any garbage most of the time, on the core
 * that the network's second thread needs.
 */

/** What a port of any platform does. */
interface Port {
  postMessage(message: null, transferred: ArrayBuffer[]): void;
}

/** A port whose other end is closed: memory that is transferred to it belongs to nobody. */
let nowhere: Port | null = null;

function openNowhere(): Port {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}

/** Frees memory. Arrays that lie in it have no elements from then on. */
export function freeBuffer(buffer: ArrayBuffer): void {
  nowhere ??= openNowhere();
  nowhere.postMessage(null, [buffer]);
}

/** Smaller arrays are left to the garbage collector: to free one takes some ten microseconds. */
const SMALLEST_BYTES = 2 ** 14;

/** Frees the memory of arrays, which no other arrays may share. They have no elements from then on, or stay as they are if they are small. */
export function freeArrays(arrays: readonly Float32Array<ArrayBuffer>[]): void {
  for (const { buffer } of arrays) if (buffer.byteLength >= SMALLEST_BYTES) freeBuffer(buffer);
}
