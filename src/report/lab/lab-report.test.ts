import { describe, expect, it, vi } from "vitest";
import { openReference } from "../../../test/support/reference-session.ts";
import { findPairs } from "../../lab/running/surrogate-pairs.ts";
import { trainToys } from "../../lab/toy/train-toys.ts";
import { reportPage } from "../page.ts";
import { listed, shown } from "../section.ts";
import { LAB_REPORT_HEAD } from "./lab-head.ts";
import { boundSection, networkSection, stopGradientSection, toySection } from "./other-sections.ts";
import { CHART_BOUNDS } from "./rate-mismatch-chart.ts";

// Seconds of arithmetic, on machines that may be busy with training runs.
vi.setConfig({ testTimeout: 120_000 });

describe("reportPage", () => {
  it("is one page that asks nothing of the network, with every section and text escaped", () => {
    const page = reportPage(LAB_REPORT_HEAD, [
      {
        title: "A < B",
        paragraphs: ['"x" & y'],
        table: { columns: ["<c>"], rows: [["1 > 0"]] },
        charts: [{ chart: { name: "c", description: 'd "e"', spec: {} }, svg: "<svg></svg>" }],
      },
    ]);
    expect(page).toContain("<h2>A &lt; B</h2>");
    expect(page).toContain("<p>&quot;x&quot; &amp; y</p>");
    expect(page).toContain("<td>1 &gt; 0</td>");
    expect(page).toContain('aria-label="d &quot;e&quot;"');
    expect(page).not.toMatch(/https?:|<script|<link|@import|url\(/);
  });
});

describe("sections", () => {
  it("take their figures from what was computed", () => {
    const bound = boundSection();
    expect(bound.paragraphs.join()).toContain("training sees 0.156 bits");
    expect(bound.paragraphs.join()).toContain(`at ${CHART_BOUNDS.at(-1)}, 0.342 bits`);
    const rows = stopGradientSection().table?.rows ?? [];
    expect(rows.find(([temperature]) => temperature === "0.3")?.[1]).toBe("0.848");
  });

  it("rank toy codecs by their loss with real rounding", async () => {
    const toys = await trainToys({ pairs: findPairs(["aun", "danneal"]), seeds: 1, steps: 2, batch: 8 }, openReference);
    const { table, paragraphs, charts } = toySection(toys);
    const losses = (table?.rows ?? []).map((row) => Number(row[1]));
    expect(losses).toEqual(losses.toSorted((a, b) => a - b));
    expect(paragraphs.join()).toContain(`Lowest mean loss: ${table?.rows[0]?.[0]}`);
    expect(charts).toHaveLength(2);
  });

  it("name the extremes of a trained network", () => {
    const point = (pair: string, relativeMismatch: number, relativeVariance: number) => ({
      pair,
      relativeMismatch,
      low: relativeMismatch,
      high: relativeMismatch,
      relativeVariance,
      varianceIsBound: relativeVariance === 1000,
    });
    const { paragraphs } = networkSection({
      points: [point("ste", 0, 0), point("aun", 0.03, 0.2), point("sga", -0.1, 4), point("uq", 0, 1000)],
      subtitle: ["a network"],
      trainedWith: "mixed",
    });
    expect(paragraphs[1]).toContain("Farthest from the loss with real rounding: sga, by -10.0 %.");
    expect(paragraphs[1]).toContain("aun, a variance of 0.2 of the squared mean");
    expect(paragraphs[1]).toContain("Most: uq, > 1000.");
  });
});

describe("texts", () => {
  it("list names and show numbers as people write them", () => {
    expect(listed([])).toBe("");
    expect(listed(["a"])).toBe("a");
    expect(listed(["a", "b", "c"])).toBe("a, b and c");
    expect([0, 0.12345, 1234.5, 1.5e-7, 2.5e6].map(shown)).toEqual(["0", "0.123", "1230", "1.5e-7", "2.5e+6"]);
  });
});
