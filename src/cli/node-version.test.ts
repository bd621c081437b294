import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { nodeProblem } from "./node-version.ts";

it("takes Node from the version of package.json on, and tells others in a sentence", () => {
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const [oldest] = /[\d.]+/.exec(engines.node) as unknown as [string];
  for (const version of [`${oldest}.0`, "20.20.2", "21.0.0", "22.3.1", "100.0.0"])
    expect(nodeProblem(version)).toBeNull();
  for (const version of ["20.18.3", "18.20.4", "4.9.1", "0.12.18"]) {
    expect(nodeProblem(version)).toBe(`got Node ${version}, expected ${oldest} or newer; install a newer Node`);
  }
});
