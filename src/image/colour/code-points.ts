/**
 * Colour told by numbers in place of a profile: the code points of ITU-T H.273 (CICP), which AVIF carries as "nclx" and PNG as cICP.
 * Code points that say nothing (unspecified) stand for sRGB. High dynamic range is refused: PQ and HLG.
 */
import {
  BT2020_PRIMARIES,
  DISPLAY_P3_PRIMARIES,
  type Primaries,
  type RgbSpace,
  rgbSpace,
  SRGB_PRIMARIES,
} from "./rgb-space.ts";
import { cameraCurve, gammaCurve, linearCurve, srgbCurve, type TransferCurve } from "./transfer-curve.ts";

/** The numbers. */
export interface CodePoints {
  /** H.273, table 2. */
  readonly primaries: number;
  /** H.273, table 3. */
  readonly transfer: number;
}

/** What they say. */
export type CodedColour =
  | { readonly kind: "space"; readonly space: RgbSpace; readonly name: string }
  /** High dynamic range, by its usual name. */
  | { readonly kind: "hdr"; readonly name: string }
  | { readonly kind: "unknown"; readonly name: string };

const UNSPECIFIED = 2;

const D65 = SRGB_PRIMARIES.white;
const ILLUMINANT_C = { x: 0.31, y: 0.316 };

const BT601_525: Primaries = {
  red: { x: 0.63, y: 0.34 },
  green: { x: 0.31, y: 0.595 },
  blue: { x: 0.155, y: 0.07 },
  white: D65,
};

/** H.273, table 2. */
const PRIMARIES: ReadonlyMap<number, readonly [string, Primaries]> = new Map([
  [1, ["BT.709", SRGB_PRIMARIES]],
  [UNSPECIFIED, ["BT.709", SRGB_PRIMARIES]],
  [
    4,
    [
      "BT.470 M",
      { red: { x: 0.67, y: 0.33 }, green: { x: 0.21, y: 0.71 }, blue: { x: 0.14, y: 0.08 }, white: ILLUMINANT_C },
    ],
  ],
  [
    5,
    [
      "BT.601 (625 lines)",
      { red: { x: 0.64, y: 0.33 }, green: { x: 0.29, y: 0.6 }, blue: { x: 0.15, y: 0.06 }, white: D65 },
    ],
  ],
  [6, ["BT.601 (525 lines)", BT601_525]],
  [7, ["SMPTE 240M", BT601_525]],
  [9, ["BT.2020", BT2020_PRIMARIES]],
  [
    11,
    [
      "DCI-P3",
      {
        red: { x: 0.68, y: 0.32 },
        green: { x: 0.265, y: 0.69 },
        blue: { x: 0.15, y: 0.06 },
        white: { x: 0.314, y: 0.351 },
      },
    ],
  ],
  [12, ["Display P3", DISPLAY_P3_PRIMARIES]],
]);

/** H.273, table 3, without the curves of cameras. */
const CURVES: ReadonlyMap<number, readonly [string, TransferCurve]> = new Map([
  [UNSPECIFIED, ["", srgbCurve]],
  [4, ["gamma 2.2", gammaCurve(2.2)]],
  [5, ["gamma 2.8", gammaCurve(2.8)]],
  [8, ["linear", linearCurve]],
  [13, ["", srgbCurve]],
]);

/** The curve of BT.709, BT.601 and BT.2020, which is one. */
const CAMERA_CURVES: readonly number[] = [1, 6, 14, 15];

const HIGH_DYNAMIC_RANGE: ReadonlyMap<number, string> = new Map([
  [16, "PQ"],
  [18, "HLG"],
]);

/** How code points are taken. */
export interface CodePointOptions {
  /**
   * Whether the curves of cameras (BT.709 and its kin) stand for sRGB, as in AVIF, whose encoders write them for pictures that are meant for
   * a display. Chromium does so for AVIF, and takes them at their word in PNG.
   */
  readonly cameraCurvesAreSrgb: boolean;
}

/** The colour space of code points. */
export function codedColour(
  { primaries, transfer }: CodePoints,
  { cameraCurvesAreSrgb }: CodePointOptions,
): CodedColour {
  const hdr = HIGH_DYNAMIC_RANGE.get(transfer);
  if (hdr !== undefined) return { kind: "hdr", name: hdr };
  const [place, lamps] = PRIMARIES.get(primaries) ?? [];
  const camera = ["", cameraCurvesAreSrgb ? srgbCurve : cameraCurve] as const;
  const [bend, curve] = CAMERA_CURVES.includes(transfer) ? camera : (CURVES.get(transfer) ?? []);
  if (lamps === undefined || curve === undefined) {
    return { kind: "unknown", name: `colour primaries ${primaries} and transfer ${transfer} of H.273` };
  }
  return {
    kind: "space",
    space: rgbSpace(lamps, curve),
    name: [bend, place].filter((word) => word !== "").join(" "),
  };
}
