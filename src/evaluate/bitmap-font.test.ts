import { describe, expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { drawText, fillRectangle, textHeight, textWidth } from "./bitmap-font.ts";

const INK = [200, 100, 50] as const;

function blank(width: number, height: number): Image {
  return { width, height, data: new Uint8Array(3 * width * height) };
}

/** The picture as rows of "#" (ink) and "." (nothing). Fails on any other colour. */
function rowsOf({ width, height, data }: Image): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const pixel = [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
      if (pixel.every((level) => level === 0)) return ".";
      expect(pixel).toEqual(INK);
      return "#";
    }).join(""),
  );
}

function drawn(text: string, scale = 1): string[] {
  const picture = blank(textWidth(text, scale), textHeight(scale));
  drawText(picture, text, 0, 0, scale, INK);
  return rowsOf(picture);
}

describe("the bitmap font", () => {
  it("draws what its glyphs show, a column apart", () => {
    expect(drawn("1 g")).toEqual(
      [
        "..#..............",
        ".##..............",
        "..#..........####",
        "..#.........#...#",
        "..#.........#...#",
        "..#.........#...#",
        ".###.........####",
        "................#",
        ".............###.",
      ].map((row) => row.slice(0, 6) + row.slice(8)),
    );
  });

  it("gives every printable character of ASCII a shape of its own", () => {
    const characters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
    const shapes = characters.map((character) => drawn(character).join("\n"));
    expect(shapes.filter((shape) => !shape.includes("#"))).toEqual([]);
    expect(new Set(shapes).size).toBe(94);
    expect(characters.filter((character) => /\d/.test(character) && textWidth(character, 1) !== 5)).toEqual([]);
  });

  it("scales by whole pixels, and measures what it draws", () => {
    const twice = drawn("Qp,", 2);
    const expected = drawn("Qp,").flatMap((row) => {
      const wide = [...row].map((dot) => dot + dot).join("");
      return [wide, wide];
    });
    expect(twice).toEqual(expected);
    expect(textWidth("", 3)).toBe(0);
  });

  it("draws a question mark for a character that it does not have", () => {
    expect(drawn("é")).toEqual(drawn("?"));
    expect(drawn("\u{1f98a}")).toEqual(drawn("?"));
  });

  it("leaves out what lies beyond the picture on any side", () => {
    const picture = blank(4, 3);
    fillRectangle(picture, -5, -5, 6, 6, INK);
    fillRectangle(picture, 3, 2, 100, 100, INK);
    drawText(picture, "W", -100, 0, 1, INK);
    expect(rowsOf(picture)).toEqual(["#...", "....", "...#"]);
  });
});
