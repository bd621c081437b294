/** Every function of the library that takes options refuses those that there are not, before it does anything. */
import { expect, it } from "vitest";
import * as library from "../src/node.ts";
import { imageFromRgba } from "../src/web.ts";

const PIXEL = { width: 1, height: 1, data: new Uint8Array(3) };
// Programs without types may pass anything.
const UNKNOWN = { qualty: 20 } as never;

it.each<[string, () => unknown]>([
  ["loadCodec", () => library.loadCodec(UNKNOWN)],
  ["loadCodecFor", () => library.loadCodecFor(new Uint8Array(40), UNKNOWN)],
  ["readModelInfo", () => library.readModelInfo("halfstep-1", UNKNOWN)],
  ["verifyModel", () => library.verifyModel("halfstep-1", UNKNOWN)],
  ["exportModel", () => library.exportModel("halfstep-1", "nowhere", UNKNOWN)],
  ["packageModel", () => library.packageModel("nowhere", "a.safetensors", UNKNOWN)],
  ["readImage", () => library.readImage("nowhere.png", UNKNOWN)],
  ["decodeImage", () => library.decodeImage(new Uint8Array(9), "a", UNKNOWN)],
  ["encodePng", () => library.encodePng(PIXEL, UNKNOWN)],
  ["imageFromRgba", () => imageFromRgba({ width: 1, height: 1, data: new Uint8Array(4) }, UNKNOWN)],
])("%s refuses an option that there is not", async (_name, call) => {
  await expect((async () => call())()).rejects.toThrow(/got an option "qualty", expected some of /);
});

it.each<[string, unknown]>([
  ["levels beyond 255", [300, 0, 0]],
  ["two levels", [1, 2]],
  ["broken levels", [1.5, 2, 3]],
  ["a name", "white"],
])("readImage and decodeImage refuse %s as a background", async (_name, background) => {
  const options = { background: background as never };
  await expect(library.readImage("nowhere.png", options)).rejects.toThrow(/expected three levels of 0\.\.255/);
  await expect(library.decodeImage(new Uint8Array(9), "a", options)).rejects.toThrow(RangeError);
});

it("decodeImage takes bytes alone, and encodePng levels of zlib", async () => {
  await expect(library.decodeImage("photo.jpg" as never)).rejects.toThrow(/got a string, expected a Uint8Array/);
  await expect(library.encodePng(PIXEL, { compressionLevel: 33 })).rejects.toThrow(
    /compression level 33, expected 0\.\.9/,
  );
});
