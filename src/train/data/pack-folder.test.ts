import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { coordinateImage, withTemporaryFolder, writePng } from "../../../test/support/training-images.ts";
import { removeTemporaries } from "../../atomic-file.ts";
import type { HalfstepError } from "../../errors.ts";
import { decodeTrainingImage } from "./image-folder.ts";
import { packFolder } from "./pack-folder.ts";
import { PackedDataset } from "./packed-dataset.ts";

/** Three images in sorted order: a.png 5x4, b/c.png 3x3, d.PNG 6x2. */
async function writeThree(folder: string): Promise<void> {
  await writePng(path.join(folder, "d.PNG"), coordinateImage(6, 2, 3));
  await writePng(path.join(folder, "b", "c.png"), coordinateImage(3, 3, 2));
  await writePng(path.join(folder, "a.png"), coordinateImage(5, 4, 1));
  writeFileSync(path.join(folder, "readme.txt"), "no image");
  writeFileSync(path.join(folder, ".hidden.png"), "no image either");
}

async function errorOf(promise: Promise<unknown>): Promise<HalfstepError> {
  return promise.then(
    () => expect.unreachable("should have failed"),
    (error: HalfstepError) => error,
  );
}

/** All pixels of an image of a dataset. */
function pixelsOf(dataset: PackedDataset, index: number): number[] {
  const image = dataset.images[index] as (typeof dataset.images)[number];
  const { bytes, start } = dataset.readRegion(image, 0, 0, image.width, image.height);
  return [...bytes.subarray(start, start + 3 * image.width * image.height)];
}

describe("packFolder", () => {
  it("packs every image of a folder in sorted order and reports it", async () => {
    await withTemporaryFolder(async (folder) => {
      await writeThree(path.join(folder, "in"));
      const out = path.join(folder, "out");
      const seen: string[] = [];
      const summary = await packFolder(path.join(folder, "in"), out, {
        onProgress: ({ done, total, path: name }) => seen.push(`${done}/${total} ${name}`),
      });
      expect(summary).toEqual({
        out,
        images: 3,
        pixels: 41,
        bytes: 123,
        shards: 1,
        skipped: [],
        otherFiles: 1,
        notes: [],
      });
      expect(seen).toEqual(["1/3 a.png", "2/3 b/c.png", "3/3 d.PNG"]);
      expect(readdirSync(folder).sort()).toEqual(["in", "out"]);
      const dataset = PackedDataset.open(out);
      expect(dataset.images.map(({ path: name, offset }) => [name, offset])).toEqual([
        ["a.png", 0],
        ["b/c.png", 60],
        ["d.PNG", 87],
      ]);
      expect(pixelsOf(dataset, 1)).toEqual([...coordinateImage(3, 3, 2).data]);
      expect(dataset.images[2]?.sha256).toBe(
        createHash("sha256")
          .update(coordinateImage(6, 2, 3).data)
          .digest("hex"),
      );
      dataset.verify();
      dataset.close();
    });
  });

  it("starts a new shard before one becomes too large, without changing the contents", async () => {
    await withTemporaryFolder(async (folder) => {
      await writeThree(path.join(folder, "in"));
      const whole = path.join(folder, "whole");
      const parts = path.join(folder, "parts");
      await packFolder(path.join(folder, "in"), whole);
      expect((await packFolder(path.join(folder, "in"), parts, { maxShardBytes: 63 })).shards).toBe(2);
      const [a, b] = [PackedDataset.open(whole), PackedDataset.open(parts)];
      expect(b.images.map(({ shard, offset }) => [shard, offset])).toEqual([
        [0, 0],
        [1, 0],
        [1, 27],
      ]);
      for (const index of [0, 1, 2]) expect(pixelsOf(b, index)).toEqual(pixelsOf(a, index));
      expect(b.contentHash()).toBe(a.contentHash());
      b.verify();
      a.close();
      b.close();
    });
  });

  it("brings orientation, transparency, grey and 16 bits to upright 8-bit RGB", async () => {
    await withTemporaryFolder(async (folder) => {
      const { width, height, data } = coordinateImage(4, 2, 9);
      const raw = { width, height, channels: 3 as const };
      const file = (name: string): string => path.join(folder, "in", name);
      await writePng(file("plain.png"), { width, height, data });
      await sharp(data, { raw })
        .withExif({ IFD0: { Orientation: "6" } })
        .withMetadata({ orientation: 6 })
        .png()
        .toFile(file("turned.png"));
      const clear = Uint8Array.from([10, 20, 30, 0, 10, 20, 30, 255]);
      await sharp(clear, { raw: { width: 2, height: 1, channels: 4 } })
        .png()
        .toFile(file("alpha.png"));
      const grey = Uint8Array.from([0, 100, 255]);
      await sharp(grey, { raw: { width: 3, height: 1, channels: 1 } })
        .toColourspace("b-w")
        .png()
        .toFile(file("grey.png"));
      const wide = Uint16Array.from(data, (level) => 257 * level);
      await sharp(wide, { raw }).toColourspace("rgb16").png().toFile(file("wide.png"));
      expect((await sharp(file("wide.png")).metadata()).depth).toBe("ushort");
      expect((await sharp(file("grey.png")).metadata()).channels).toBe(1);
      await packFolder(path.join(folder, "in"), path.join(folder, "out"));
      const dataset = PackedDataset.open(path.join(folder, "out"));
      const index = (name: string): number => dataset.images.findIndex(({ path: p }) => p === name);
      expect(pixelsOf(dataset, index("alpha.png"))).toEqual([255, 255, 255, 10, 20, 30]);
      expect(pixelsOf(dataset, index("grey.png"))).toEqual([0, 0, 0, 100, 100, 100, 255, 255, 255]);
      expect(pixelsOf(dataset, index("wide.png"))).toEqual([...data]);
      // Orientation 6: turn by 90 degrees clockwise; the old bottom left corner comes to the top left.
      expect(dataset.images[index("turned.png")]).toMatchObject({ width: 2, height: 4 });
      expect(pixelsOf(dataset, index("turned.png")).slice(0, 6)).toEqual([0, 1, 9, 0, 0, 9]);
      dataset.close();
    });
  });

  it("fails on a file that cannot be read, naming it, and leaves nothing behind", async () => {
    await withTemporaryFolder(async (folder) => {
      await writeThree(path.join(folder, "in"));
      for (let i = 0; i < 6; i++) writeFileSync(path.join(folder, "in", `broken${i}.jpg`), "not a JPEG");
      const error = await errorOf(packFolder(path.join(folder, "in"), path.join(folder, "out")));
      expect(error.code).toBe("unreadable-images");
      expect(error.message).toMatch(/got 6 of 9 files .*\n {2}broken0\.jpg: .*\n(.*\n){4} {2}and 1 more$/);
      expect(readdirSync(folder)).toEqual(["in"]);
    });
  });

  it("skips and lists unreadable files when told to", async () => {
    await withTemporaryFolder(async (folder) => {
      await writeThree(path.join(folder, "in"));
      const whole = readFileSync(path.join(folder, "in", "a.png"));
      writeFileSync(path.join(folder, "in", "cut.png"), whole.subarray(0, whole.length - 20));
      const summary = await packFolder(path.join(folder, "in"), path.join(folder, "out"), { skipUnreadable: true });
      expect(summary.images).toBe(3);
      expect(summary.skipped.map(({ path: name }) => name)).toEqual(["cut.png"]);
      const dataset = PackedDataset.open(path.join(folder, "out"));
      expect(dataset.skipped).toEqual(summary.skipped);
      dataset.close();
      const tooLarge = await packFolder(path.join(folder, "in"), path.join(folder, "small"), {
        skipUnreadable: true,
        maxShardBytes: 50,
      });
      expect(tooLarge.skipped.map(({ reason }) => reason).join()).toContain("5x4 pixels are more than one shard");
    });
  });

  it("gives every file its own reason, though several are decoded at once", async () => {
    await withTemporaryFolder(async (folder) => {
      const at = (name: string): string => path.join(folder, "in", name);
      await writePng(at("readable.png"), coordinateImage(40, 30, 1));
      const png = readFileSync(at("readable.png"));
      const jpeg = await sharp(png).jpeg().toBuffer();
      const tiff = await sharp(png).tiff({ compression: "lzw" }).toBuffer();
      const damaged = [
        png.subarray(0, 40),
        jpeg.subarray(0, jpeg.length / 2),
        tiff.subarray(0, 300),
        Buffer.from("text"),
      ];
      for (let i = 0; i < 40; i++) writeFileSync(at(`bad-${i}.png`), damaged[i % damaged.length] as Buffer);
      const { skipped } = await packFolder(path.join(folder, "in"), path.join(folder, "out"), { skipUnreadable: true });
      expect(skipped).toHaveLength(40);
      for (const { path: name, reason } of skipped)
        expect(await decodeTrainingImage(at(name)), name).toEqual({ reason });
    });
  });

  it("fails even when skipping if no image is readable", async () => {
    await withTemporaryFolder(async (folder) => {
      writeFileSync(path.join(folder, "x.png"), "");
      const error = await errorOf(packFolder(folder, path.join(folder, "out"), { skipUnreadable: true }));
      expect(error.message).toContain("expected at least one readable image");
      expect(existsSync(path.join(folder, "out"))).toBe(false);
    });
  });

  it("refuses a missing folder, a file as folder, and a folder without images", async () => {
    await withTemporaryFolder(async (folder) => {
      const out = path.join(folder, "out");
      writeFileSync(path.join(folder, "note.txt"), "");
      expect((await errorOf(packFolder(path.join(folder, "none"), out))).message).toContain("got nothing there");
      expect((await errorOf(packFolder(path.join(folder, "note.txt"), out))).message).toContain("got a file");
      const error = await errorOf(packFolder(folder, out));
      expect([error.code, error.exitCode]).toEqual(["no-images", 2]);
    });
  });

  it("replaces a packed dataset only when forced, and never a folder of something else", async () => {
    await withTemporaryFolder(async (folder) => {
      const input = path.join(folder, "in");
      const out = path.join(folder, "out");
      await writeThree(input);
      await packFolder(input, out);
      expect((await errorOf(packFolder(input, out))).code).toBe("output-exists");
      await writePng(path.join(input, "e.png"), coordinateImage(2, 2, 5));
      expect((await packFolder(input, out, { force: true })).images).toBe(4);
      expect(readdirSync(folder).sort()).toEqual(["in", "out"]);
      expect((await errorOf(packFolder(input, input, { force: true }))).code).toBe("output-exists");
      expect((await errorOf(packFolder(input, path.join(input, "a.png"), { force: true }))).code).toBe("output-exists");
    });
  });

  it("says cannot-write where it cannot write, with the output and the cause, and leaves nothing behind", async () => {
    await withTemporaryFolder(async (folder) => {
      const input = path.join(folder, "in");
      await writeThree(input);
      const inFile = path.join(input, "a.png", "out");
      const error = await errorOf(packFolder(input, inFile));
      expect([error.code, error.message]).toEqual([
        "cannot-write",
        expect.stringContaining(`${inFile}: cannot be written (ENOTDIR)`),
      ]);
      const long = path.join(folder, "n".repeat(300));
      expect((await errorOf(packFolder(input, long))).message).toContain(`${long}: cannot be written (ENAMETOOLONG)`);
      expect(readdirSync(folder)).toEqual(["in"]);
    });
  });

  it.skipIf(!existsSync("/dev/full"))("says that the disk is full, and leaves nothing behind", async () => {
    await withTemporaryFolder(async (folder) => {
      const input = path.join(folder, "in");
      const out = path.join(folder, "out");
      await writeThree(input);
      const fill = ({ done }: { readonly done: number }): void => {
        if (done === 1) symlinkSync("/dev/full", path.join(`${out}.packing-${process.pid}`, "manifest.json"));
      };
      const error = await errorOf(packFolder(input, out, { onProgress: fill }));
      expect([error.code, error.message]).toEqual([
        "cannot-write",
        `${out}: cannot be written (ENOSPC); the disk is full: make room`,
      ]);
      expect(readdirSync(folder)).toEqual(["in"]);
    });
  });

  it("leaves nothing behind when a signal ends it at once, which removes the temporaries", async () => {
    await withTemporaryFolder(async (folder) => {
      await writeThree(path.join(folder, "in"));
      let left: string[] = [];
      const packing = packFolder(path.join(folder, "in"), path.join(folder, "out"), {
        onProgress: () => {
          removeTemporaries();
          left = readdirSync(folder);
          throw new Error("gone");
        },
      });
      expect((await errorOf(packing)).message).toBe("gone");
      expect(left).toEqual(["in"]);
    });
  });

  it("stops at an abort and leaves the previous dataset as it was", async () => {
    await withTemporaryFolder(async (folder) => {
      const input = path.join(folder, "in");
      const out = path.join(folder, "out");
      await writeThree(input);
      await packFolder(input, out);
      const before = readFileSync(path.join(out, "manifest.json"));
      const controller = new AbortController();
      const packing = packFolder(input, out, {
        force: true,
        signal: controller.signal,
        onProgress: ({ done }) => done === 2 && controller.abort(new Error("stop it")),
      });
      expect((await errorOf(packing)).message).toBe("stop it");
      expect(readdirSync(folder).sort()).toEqual(["in", "out"]);
      expect(readFileSync(path.join(out, "manifest.json"))).toEqual(before);
    });
  });
});

describe("PackedDataset", () => {
  it("reads any rectangle of an image", async () => {
    await withTemporaryFolder(async (folder) => {
      await writeThree(path.join(folder, "in"));
      await packFolder(path.join(folder, "in"), path.join(folder, "out"));
      const dataset = PackedDataset.open(path.join(folder, "out"));
      const image = dataset.images[0] as (typeof dataset.images)[number];
      const { bytes, start, rowBytes } = dataset.readRegion(image, 1, 2, 3, 2);
      for (const [row, column] of [
        [0, 0],
        [0, 2],
        [1, 1],
        [1, 2],
      ] as const) {
        const at = start + row * rowBytes + 3 * column;
        expect([...bytes.subarray(at, at + 3)]).toEqual([1 + column, 2 + row, 1]);
      }
      expect(() => dataset.readRegion(image, 3, 0, 3, 1)).toThrow(RangeError);
      expect(() => dataset.readRegion(image, 0, -1, 1, 1)).toThrow(RangeError);
      dataset.close();
      dataset.close();
      expect(() => dataset.readRegion(image, 0, 0, 1, 1)).toThrow(TypeError);
    });
  });

  it("names what is wrong with a damaged dataset", async () => {
    await withTemporaryFolder(async (folder) => {
      await writeThree(path.join(folder, "in"));
      const out = path.join(folder, "out");
      await packFolder(path.join(folder, "in"), out);
      const shard = path.join(out, "shard-0000.rgb");
      const manifestFile = path.join(out, "manifest.json");
      const pixels = readFileSync(shard);
      const manifest = readFileSync(manifestFile, "utf8");
      expect(() => PackedDataset.open(folder)).toThrow(/got no manifest\.json/);

      const changed = Buffer.from(pixels);
      changed[70] = 1 + changed[70]!;
      writeFileSync(shard, changed);
      const dataset = PackedDataset.open(out);
      expect(() => dataset.verify()).toThrow(/"b\/c\.png": got other pixels/);
      dataset.close();

      writeFileSync(shard, pixels.subarray(1));
      expect(() => PackedDataset.open(out)).toThrow(/shard-0000\.rgb: got 122 bytes, expected 123/);
      writeFileSync(shard, pixels);
      for (const [from, to, message] of [
        ['"width": 5', '"width": 6', /offset 60, expected 72/],
        ['"path": "d.PNG"', '"path": "a.png"', /listed twice/],
        ['"shard": 0', '"shard": 1', /shard 1 of 1/],
        ['"bytes": 123', '"bytes": 124', /124 bytes, but its images hold 123/],
        ['"file": "shard-0000.rgb"', '"file": "../x"', /shards\[0\]\.file/],
        ['"version": 1', '"version": 2', /version/],
        ["{", "", /not JSON/],
      ] as const) {
        expect(manifest).toContain(from);
        writeFileSync(manifestFile, manifest.replace(from, to));
        expect(() => PackedDataset.open(out)).toThrow(message);
      }
    });
  });
});
