/** What a report on curves says, as sections of texts, tables and charts: the same for the page and for Markdown. */
import type { RateBounds } from "../../evaluate/bd-rate.ts";
import {
  bdCells,
  bdColumns,
  bdMatrix,
  bdTable,
  QUALITIES,
  type Quality,
  ratePoints,
} from "../../evaluate/study/bd-table.ts";
import type { NamedCurve } from "../../evaluate/study/named-curves.ts";
import {
  qualityResponse,
  RESPONSE_COLUMNS,
  responseCells,
  responseText,
} from "../../evaluate/study/quality-response.ts";
import type { ReportSection } from "../section.ts";
import { rateDistortionChart } from "./rate-distortion-chart.ts";

/**
 * The sections: one for each measure of quality that the anchor has, BD-rates of all against all, one for each model of variable rate,
 * speed, and where the numbers come from.
 * @param rates bits per pixel beyond which BD-rates compare nothing. Default: no bounds.
 */
export function studySections(
  curves: readonly NamedCurve[],
  anchor: NamedCurve,
  rates?: RateBounds,
): readonly ReportSection[] {
  const qualities = (Object.keys(QUALITIES) as Quality[]).filter((quality) => ratePoints(anchor, quality).length > 0);
  return [
    ...qualities.map((quality) => qualitySection(curves, anchor, quality, rates)),
    ...(curves.length > 2 ? [matrixSection(curves, rates)] : []),
    ...curves.flatMap(responseSection),
    speedSection(curves),
    originSection(curves),
  ];
}

function qualitySection(
  curves: readonly NamedCurve[],
  anchor: NamedCurve,
  quality: Quality,
  rates: RateBounds | undefined,
): ReportSection {
  const { title, mean } = QUALITIES[quality];
  const [shown, without] = [true, false].map((has) =>
    curves.filter((curve) => ratePoints(curve, quality).length > 0 === has),
  ) as [NamedCurve[], NamedCurve[]];
  return {
    title: `Rate and ${title}`,
    paragraphs: [
      `${title}: ${mean}. BD-rate: mean difference in rate at equal quality against ${anchor.label} (${anchor.source}), in percent, negative is better; curves by PCHIP over the logarithm of the rate, beside it by one cubic. BD-${title}: mean difference at equal rate. The interval is what both curves cover${boundsText(rates)}; outside it there is no figure.`,
      ...(without.length === 0
        ? []
        : [`Without ${title}, and so not here: ${without.map(({ label }) => label).join("; ")}.`]),
    ],
    table: { columns: bdColumns(anchor, quality), rows: bdCells(bdTable(shown, anchor, quality, rates), quality) },
    charts: [rateDistortionChart(shown, quality)],
  };
}

function boundsText(rates: RateBounds | undefined): string {
  return rates === undefined ? "" : ` at ${rates[0]} to ${rates[1]} bits per pixel of either`;
}

function matrixSection(curves: readonly NamedCurve[], rates: RateBounds | undefined): ReportSection {
  const shown = curves.filter((curve) => ratePoints(curve, "psnr").length > 0);
  return {
    title: "All against all",
    paragraphs: [
      `BD-rate (PSNR, PCHIP) of the curve of a row against that of a column, over what both cover${boundsText(rates)}; a dash where they cannot be compared. Intervals differ from cell to cell.`,
    ],
    table: bdMatrix(shown, "psnr", rates),
    charts: [],
  };
}

function responseSection(curve: NamedCurve): readonly ReportSection[] {
  const response = qualityResponse(curve);
  if (response === null) return [];
  const table = { columns: RESPONSE_COLUMNS, rows: responseCells(response) };
  return [{ title: `Quality setting of ${curve.label}`, paragraphs: [responseText(response)], table, charts: [] }];
}

function speedSection(curves: readonly NamedCurve[]): ReportSection {
  const range = (values: readonly (number | undefined)[]): string => {
    const times = values.filter((value) => value !== undefined);
    return times.length === 0 ? "-" : `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}`;
  };
  return {
    title: "Time",
    paragraphs: [
      "Milliseconds for an image, lowest to highest mean over the settings. Measured: one thread, pixels to a file in memory and back, on the machine named below, with whatever else it had to do. Quoted: on the source's machines, not comparable.",
    ],
    table: {
      columns: ["curve", "source", "encode ms", "decode ms"],
      rows: curves.map(({ label, source, points }) => [
        label,
        source,
        range(points.map(({ encodeMs }) => encodeMs)),
        range(points.map(({ decodeMs }) => decodeMs)),
      ]),
    },
    charts: [],
  };
}

function originSection(curves: readonly NamedCurve[]): ReportSection {
  const files = [...new Map(curves.map(({ file, meta }) => [file, meta]))];
  const described = files.map(([, meta]) =>
    meta.source === "quoted"
      ? `Quoted (${meta.date}): ${meta.quotedFrom.join("; ")}. ${meta.note}`
      : `Measured (${meta.date}) on ${meta.machine}, ${meta.processes} processes, commit ${meta.commit?.slice(0, 12) ?? "unknown"}${meta.uncommittedChanges ? " with changes" : ""}. ${meta.note}`,
  );
  return {
    title: "Where the numbers come from",
    paragraphs: described,
    table: {
      columns: ["curve", "name", "source", "version", "settings"],
      rows: curves.map(({ label, name, source, codec, settings, meta }) => [
        label,
        name,
        source,
        meta.source === "measured" ? (meta.versions[codec] ?? `halfstep ${meta.versions.halfstep ?? ""}`) : "-",
        settings,
      ]),
    },
    charts: [],
  };
}
