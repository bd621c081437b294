/** The plans of the comparison: each expands, and runs that were trained by them are known again. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { NETWORK_TYPES } from "../src/networks/index.ts";
import { SURROGATE_PRESETS, SURROGATES } from "../src/quantize/index.ts";
import { expandPlanFile } from "../src/train/sweep/expand-plan.ts";
import { PROJECT } from "./support/child-program.ts";

const FOLDER = path.join(PROJECT, "experiments/comparison");
const PLANS = readdirSync(FOLDER).filter((name) => name.endsWith(".json") && name !== "arms.json");

describe("experiments/comparison", () => {
  it.each(PLANS)("%s is a plan, of the network that it is called after", (file) => {
    const { name, runs } = expandPlanFile(path.join(FOLDER, file));
    expect(`${name}.json`).toBe(file);
    expect(NETWORK_TYPES).toContain(name);
    expect(new Set(runs.map(({ config }) => config.network.type))).toEqual(new Set([name]));
    // Paired: within a stage and its values, all seeds have all arms.
    const arms = new Map<string, string[]>();
    for (const { stage, values, seed } of runs) {
      if (values.arm === undefined) continue;
      const { arm, ...others } = values;
      const key = JSON.stringify([stage, others, seed]);
      arms.set(key, [...(arms.get(key) ?? []), arm]);
    }
    expect(arms.size).toBeGreaterThan(0);
    for (const [key, found] of arms) {
      const [stage] = JSON.parse(key) as [string];
      const first = [...arms].find(([other]) => (JSON.parse(other) as [string])[0] === stage)?.[1];
      expect(found, key).toEqual(first);
    }
  });

  // Results were trained under these identities. If this fails, every run would be trained again: store a new field of the
  // configuration as absence where it has its default.
  it.each([
    ["mean-scale-hyperprior", "trunk/0.013/s1", "6f29956e3adde869"],
    ["mean-scale-hyperprior", "fork/0.013/mixed/s1", "bd5c45eb9f19b708"],
    ["mean-scale-hyperprior", "fork/0.013/aun-expected+sua-dither/s1", "248f765ec2a88a16"],
    ["mean-scale-hyperprior", "fork/0.013/sua-dither-0.25/s1", "22322c71e1969fae"],
    ["halfstep", "fork/sga/s2", "de6a57dabc1a6c34"],
  ])("%s: %s is still %s", (plan, name, id) => {
    const { runs } = expandPlanFile(path.join(FOLDER, `${plan}.json`));
    expect(runs.find((run) => run.name === name)?.id).toBe(id);
  });

  it("has an arm for every surrogate and preset, and for a decoder trained on rounded latents", () => {
    const arms = JSON.parse(readFileSync(path.join(FOLDER, "arms.json"), "utf8")) as Record<string, object>;
    const used = JSON.stringify(Object.values(arms));
    expect(Object.keys(SURROGATE_PRESETS).filter((preset) => !used.includes(JSON.stringify(preset)))).toEqual([]);
    const forms = SURROGATES.map(({ id, form }) => [id, form ?? ""].join(" ").trim());
    const tried = new Set(
      expandPlanFile(path.join(FOLDER, "mean-scale-hyperprior.json")).runs.flatMap(({ config }) =>
        (["rate", "distortion"] as const).map((path) => {
          const choice = config.surrogate[path];
          return typeof choice === "string" ? choice : [choice.id, choice.form ?? ""].join(" ").trim();
        }),
      ),
    );
    expect(forms.filter((name) => !tried.has(name))).toEqual([]);
    expect(used).toContain('"trained":"decoder"');
  });
});
