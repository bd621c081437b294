/** How the commands on models show the networks: what each costs in some widths. */
import { UsageError } from "../../errors.ts";
import type { NetworkConfig, NetworkCost, NetworkType } from "../../node.ts";
import type { JsonValue } from "../command-context.ts";
import { textTable } from "../text-table.ts";

const millions = (count: number): string => (count / 1e6).toFixed(2);

/** A cost as JSON. */
export function describeCost({ config, parts, ...sums }: NetworkCost): { readonly [key: string]: JsonValue } {
  return {
    network: { type: config.type, N: config.N, M: config.M },
    parts: parts.map(({ part, parameters, kiloMacsPerPixel }) => ({ part, parameters, kiloMacsPerPixel })),
    ...sums,
  };
}

/** The networks as a table, one line each. */
export function networkTable(costs: readonly NetworkCost[]): string {
  return textTable(
    [
      { heading: "network", align: "left" },
      { heading: "N", align: "right" },
      { heading: "M", align: "right" },
      { heading: "M parameters", align: "right" },
      { heading: "kMAC/pixel encoder", align: "right" },
      { heading: "decoder", align: "right" },
    ],
    costs.map(({ config, parameters, encoderKiloMacsPerPixel, decoderKiloMacsPerPixel }) => [
      config.type,
      String(config.N),
      String(config.M),
      millions(parameters),
      encoderKiloMacsPerPixel.toFixed(2),
      decoderKiloMacsPerPixel.toFixed(2),
    ]),
  );
}

/** The parts of one network as a table. */
export function partTable({ parts, ...cost }: NetworkCost): string {
  return textTable(
    [
      { heading: "part", align: "left" },
      { heading: "parameters", align: "right" },
      { heading: "kMAC/pixel", align: "right" },
    ],
    [
      ...parts.map(({ part, parameters, kiloMacsPerPixel }) => [part, String(parameters), kiloMacsPerPixel.toFixed(2)]),
      ["encoder", "", cost.encoderKiloMacsPerPixel.toFixed(2)],
      ["decoder", "", cost.decoderKiloMacsPerPixel.toFixed(2)],
      ["all", String(cost.parameters), ""],
    ],
  );
}

/**
 * The configuration of a network with some widths replaced.
 * @param settings each `N=128` or `M=192`
 * @throws {UsageError} `bad-setting`
 */
export function withWidths(
  type: NetworkType,
  usual: { readonly N: number; readonly M: number },
  settings: readonly string[],
): NetworkConfig {
  const widths: Record<string, number> = { ...usual };
  for (const setting of settings) {
    const [, name, value] = /^([NM])=(\d+)$/.exec(setting) ?? [];
    if (name === undefined || Number(value) < 1 || Number(value) > 4096) {
      throw new UsageError("bad-setting", `--set: got "${setting}", expected N=1..4096 or M=1..4096, such as N=128`);
    }
    widths[name] = Number(value);
    // Networks of a single width have one number to give.
    if (usual.N === usual.M && type.startsWith("cheng2020") && settings.length === 1) {
      Object.assign(widths, { N: Number(value), M: Number(value) });
    }
  }
  return { type, N: widths.N as number, M: widths.M as number };
}
