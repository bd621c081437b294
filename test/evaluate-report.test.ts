/** `halfstep report` on the quoted curves of the project, and that every file of results there is well formed. */
import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bdCells } from "../src/evaluate/study/bd-table.ts";
import { bdTable, type NamedCurve, nameCurves, parseResult, readResult } from "../src/evaluate/study/index.ts";
import { studySections } from "../src/report/study/index.ts";
import { PROJECT } from "./support/child-program.ts";
import { runWords } from "./support/run-words.ts";

const CLASSICAL = path.join(PROJECT, "results/quoted/kodak-classical.json");
const PAPERS = path.join(PROJECT, "results/quoted/kodak-papers.json");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-report-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A measured result of one image with a curve of the given points. */
function measured(codec: string, sha256: string, points: readonly (readonly [number, number | null])[]): object {
  const lists = (psnrDb: number | null) => ({
    bytes: [100],
    psnrDb: [psnrDb],
    msSsim: [null],
    encodeMs: [1],
    decodeMs: [1],
  });
  return {
    meta: {
      source: "measured",
      imageSet: "one",
      note: "made up",
      date: "2026-01-31",
      commit: null,
      uncommittedChanges: null,
      machine: "none",
      versions: {},
      processes: 1,
      wallSeconds: 1,
      images: [{ name: "a.png", width: 8, height: 8, sha256 }],
    },
    curves: [
      {
        codec,
        label: codec,
        settings: "",
        points: points.map(([bitsPerPixel, psnrDb], i) => ({
          setting: `${i}`,
          bitsPerPixel,
          psnrDb,
          msSsim: null,
          msSsimDb: null,
          images: lists(psnrDb),
        })),
      },
    ],
  };
}

const LINE = [0.1, 0.2, 0.4, 0.8].map((rate, i) => [rate, 28 + 3 * i] as const);
const curvesOf = (...documents: object[]): readonly NamedCurve[] =>
  nameCurves(documents.map((document, i) => ({ file: `${i}.json`, result: parseResult(document, `${i}.json`) })));

describe("halfstep report", () => {
  it("writes figures, BD-rates in Markdown, and a page that needs nothing else", async () => {
    const out = path.join(folder, "report");
    const chosen = "quoted-vtm,quoted-webp,quoted-elic2022";
    const words = ["report", CLASSICAL, PAPERS, "--out", out, "--anchor", "quoted-jpeg", "--curves", chosen];
    const { exitCode, stdout } = await runWords(...words);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("quoted-vtm: -67.6 %");
    expect(readdirSync(out).sort()).toEqual(
      ["bd-rate.md", "index.html", "rd-ms-ssim.png", "rd-ms-ssim.svg", "rd-psnr.png", "rd-psnr.svg"].sort(),
    );
    const text = await readFile(path.join(out, "bd-rate.md"), "utf8");
    expect(text).toMatch(/\| WebP \| quoted \| -36\.2 % \| -\d+\.\d % \| \+\d\.\d\d dB \| 28\.3 to 40\.6 \|/);
    // ELIC has the smallest BD-rate and stands first; it has no MS-SSIM and is missing there.
    expect(text.indexOf("ELIC")).toBeLessThan(text.indexOf("| VTM"));
    expect(text.split("## ")[2]).not.toContain("| ELIC");
    expect(text.split("## ")[2]).toMatch(/Without MS-SSIM, and so not here: ELIC[^;]*\.\n/);
    const page = await readFile(path.join(out, "index.html"), "utf8");
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page).toContain("VTM, quoted");
    expect(page).not.toMatch(/<script|<link|src="http/);

    const again = await runWords(...words);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain("--force");
    const document = JSON.parse((await runWords(...words, "--force", "--json")).stdout) as {
      bdRatePsnr: { name: string; ratePercent: number }[];
    };
    expect(document.bdRatePsnr.map(({ name }) => name)).toEqual(chosen.split(","));
    expect(document.bdRatePsnr[1]?.ratePercent).toBeCloseTo(-36.2, 1);
  });

  it("refuses names that are not there, more curves than colours, and files of another form", async () => {
    const refused = async (message: RegExp, exitCode: number, ...words: string[]): Promise<void> => {
      const ending = await runWords("report", ...words, "--out", path.join(folder, "refused"));
      expect(ending.stderr).toMatch(message);
      expect(ending.exitCode).toBe(exitCode);
    };
    await refused(/--anchor: got "vtm", expected one of quoted-vtm, quoted-hm/, 2, CLASSICAL, "--anchor", "vtm");
    await refused(/--curves: got "x", expected one of/, 2, CLASSICAL, "--curves", "x");
    await refused(/got 19 curves, expected at most 12/, 2, CLASSICAL, PAPERS);
    await refused(/"quoted-vtm" twice/, 1, CLASSICAL, CLASSICAL);
    await refused(/--examples: got quoted curves alone/, 2, CLASSICAL, "--examples", "a.png");
    const other = path.join(folder, "other.json");
    await writeFile(other, '{"rows": []}');
    await refused(/other\.json: .*; expected what "halfstep evaluate" writes/, 1, other);
  });
});

describe("curves of several files", () => {
  it("are refused together when their images differ", () => {
    const [a, b] = ["a".repeat(64), "b".repeat(64)];
    expect(curvesOf(measured("x", a, LINE), measured("y", a, LINE))).toHaveLength(2);
    expect(() => curvesOf(measured("x", a, LINE), measured("y", b, LINE))).toThrow(/expected the same images/);
  });

  it("that cannot be compared say why, and points without a finite quality are left out", () => {
    const sha256 = "a".repeat(64);
    const better = LINE.map(([rate, db]) => [rate, db + 20] as const);
    const withLossless = [...LINE.map(([rate, db]) => [1.5 * rate, db] as const), [3, null] as const];
    const curves = curvesOf(
      measured("anchor", sha256, LINE),
      measured("better", sha256, better),
      measured("short", sha256, LINE.slice(0, 3)),
      measured("dearer", sha256, withLossless),
    );
    const [, apart, short, dearer] = bdTable(curves, curves[0]!, "psnr");
    expect(apart).toMatchObject({ ratePercent: null, interval: null });
    expect(apart?.problem).toMatch(/expected ranges that overlap/);
    // At equal rate they do compare.
    expect(apart?.gain).toBeCloseTo(20, 9);
    expect(short?.problem).toMatch(/got 3 points/);
    expect(dearer?.ratePercent).toBeCloseTo(50, 9);
    expect(dearer?.interval).toEqual([28, 37]);
    // What is left out is said, and why; in the table too.
    const reason = /^dearer without its points at .+, which have no PSNR: an image came back without an error/;
    expect([dearer?.leftOut, apart?.leftOut]).toEqual([expect.stringMatching(reason), null]);
    expect(bdCells([dearer!], "psnr")[0]?.at(-1)).toMatch(/^28\.0 to 37\.0; dearer without its points/);
    // As an anchor it concerns every row.
    expect(bdTable(curves, curves[3]!, "psnr").map(({ leftOut }) => leftOut)).toEqual(
      curves.map(() => expect.stringMatching(reason)),
    );
  });
});

describe("curves with SSIMULACRA 2", () => {
  const sha256 = "a".repeat(64);
  /** A curve at the rates of LINE times a factor, whose points have these scores. */
  const scored = (codec: string, factor: number, scores: readonly (number | null)[]): object => {
    const line = LINE.map(([rate, db]) => [factor * rate, db] as const);
    const document = measured(codec, sha256, line) as {
      curves: { points: { ssimulacra2?: number | null; images: { ssimulacra2?: (number | null)[] } }[] }[];
    };
    for (const [i, point] of document.curves[0]!.points.entries()) {
      point.ssimulacra2 = scores[i]!;
      point.images.ssimulacra2 = [scores[i]!];
    }
    return document;
  };

  it("are compared by it, in points; those without it are named, and those that could not have it too", () => {
    const curves = curvesOf(
      scored("anchor", 1, [-20, 30, 60, 80]),
      scored("dearer", 2, [-20, 30, 60, 80]),
      scored("small", 1, [null, 30, 60, 80]),
      measured("older", sha256, LINE),
    );
    const [, dearer, small] = bdTable(curves, curves[0]!, "ssimulacra2");
    expect(dearer?.ratePercent).toBeCloseTo(100, 9);
    expect(dearer?.interval).toEqual([-20, 80]);
    expect(small?.leftOut).toBe("small without its points at 0, which have no SSIMULACRA 2: an image is too small");
    const section = studySections(curves, curves[0]!)[1]!;
    expect(section.title).toBe("Rate and SSIMULACRA 2");
    expect(section.paragraphs.at(-1)).toBe("Without SSIMULACRA 2, and so not here: older.");
    expect(section.table?.columns.slice(-2)).toEqual(["BD-SSIMULACRA 2", "interval (SSIMULACRA 2, points)"]);
    expect(section.table?.rows.find(([name]) => name === "dearer")?.at(-2)).toMatch(/^-\d+\.\d\d points$/);
    expect(section.charts.map(({ name }) => name)).toEqual(["rd-ssimulacra2"]);
    // An anchor without it has no such section.
    expect(studySections(curves, curves[3]!).map(({ title }) => title)).not.toContain("Rate and SSIMULACRA 2");
  });
});

describe("the results of the project", () => {
  const files = ["measured", "quoted"].flatMap((source) =>
    readdirSync(path.join(PROJECT, "results", source))
      .filter((name) => /^kodak-.*\.json$/.test(name))
      .map((name) => [source, name] as const),
  );

  it.each(files)("%s/%s has the form of results and says truly where it comes from", async (source, name) => {
    const { meta, curves } = await readResult(path.join(PROJECT, "results", source, name));
    expect(meta.source).toBe(source);
    for (const { points } of curves) {
      const rates = points.map(({ bitsPerPixel }) => bitsPerPixel);
      expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    }
  });
});
