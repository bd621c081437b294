import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { profileName } from "./profile-name.ts";

/** A profile with one description tag of the older type, which holds ASCII text. */
function oldProfile(name: string): Uint8Array {
  const bytes = new Uint8Array(128 + 4 + 12 + 12 + name.length + 20);
  const view = new DataView(bytes.buffer);
  const ascii = (text: string, at: number): void => void bytes.set(new TextEncoder().encode(text), at);
  view.setUint32(128, 1);
  ascii("desc", 132);
  view.setUint32(136, 144);
  view.setUint32(140, 12 + name.length);
  ascii("desc", 144);
  view.setUint32(152, name.length + 1);
  ascii(name, 156);
  return bytes;
}

describe("profileName", () => {
  it("reads the UTF-16 description of a version 4 profile", async () => {
    const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } });
    const { icc } = await sharp(await pixel.withIccProfile("srgb").png().toBuffer()).metadata();
    expect(profileName(icc!)).toBe("sRGB");
  });

  it("reads the ASCII description of a version 2 profile", () => {
    expect(profileName(oldProfile("Adobe RGB (1998)"))).toBe("Adobe RGB (1998)");
  });

  it("has no name for arbitrary and truncated bytes, and never throws", () => {
    expect(profileName(new Uint8Array(0))).toBeUndefined();
    const whole = oldProfile("Display P3");
    for (let length = 0; length < whole.length; length++) profileName(whole.subarray(0, length));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const damaged = whole.slice();
        damaged[at] = value;
        expect(["string", "undefined"]).toContain(typeof profileName(damaged));
      }),
    );
  });
});
