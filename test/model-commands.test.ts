/** `halfstep model verify` and `export`, and models by URL in every command that takes one. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCodec, readModelInfo } from "../src/node.ts";
import { useCodecFixture } from "./support/codec-fixture.ts";
import { runWords } from "./support/run-words.ts";

const common = useCodecFixture();
const { at } = common;

describe("halfstep model verify", () => {
  it("says what was checked, and ends well", async () => {
    const { identity } = await readModelInfo(common.fixture.model);
    const words = ["model", "verify", common.fixture.model, "--identity", identity.slice(0, 16)];
    const { stdout, stderr, exitCode } = await runWords(...words);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toContain(`identity  ${identity}`);
    expect(stdout).toMatch(/^self-test passed on cpu, 1 thread: hyper-synthesis$/m);
    expect(stdout).toMatch(
      /^picture +48 x 40, \d+ bytes: 192 latents equal to those of cpu, 1 thread; 0 of 11520 levels/m,
    );
    expect(stdout).toMatch(/^verified$/m);
    const told = JSON.parse((await runWords(...words, "--threads", "2", "--json")).stdout);
    expect(told).toMatchObject({ command: "model verify", identity, device: "cpu", threads: 2, verified: true });
    expect(told.pictures).toHaveLength(2);
  });

  it("fails for a file that is another one, and for a damaged one", async () => {
    const other = await runWords("model", "verify", common.fixture.model, "--identity", "0123456789abcdef");
    expect(other).toMatchObject({
      stdout: "",
      exitCode: 1,
      stderr: expect.stringMatching(/expected one that begins with/),
    });
    const none = await runWords("model", "verify", common.fixture.image.replace("image.png", "image.hst"), "--json");
    expect(none.exitCode).toBe(1);
    expect(JSON.parse(none.stdout).error.message).toMatch(/image\.hst: /);
  });
});

describe("halfstep model export", () => {
  it("writes a folder, and not over another", async () => {
    const words = ["model", "export", common.fixture.model, at("onnx")];
    const { stdout, stderr, exitCode } = await runWords(...words, "--json");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const { graphs, identity } = JSON.parse(stdout);
    const files = graphs.map(({ file }: { file: string }) => file);
    expect(files).toContain("hyper-synthesis.exact.onnx");
    expect(readdirSync(at("onnx")).sort()).toEqual([...files, "model.json"].sort());
    expect(JSON.parse(readFileSync(at("onnx/model.json"), "utf8")).identity).toBe(identity);
    expect(await runWords(...words)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--force") });
    expect(await runWords(...words, "--force")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/ MB, model small\n$/),
    });
  });
});

describe("a model by URL", () => {
  let cache: string;
  let server: Server;
  let url: string;
  const before = process.env.HALFSTEP_CACHE;

  beforeAll(async () => {
    cache = await mkdtemp(path.join(tmpdir(), "halfstep-cli-cache-"));
    process.env.HALFSTEP_CACHE = cache;
    server = createServer(async ({ url: asked }, response) => {
      if (asked === "/small.safetensors") response.end(await readFile(common.fixture.model));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/small.safetensors`;
  });

  afterAll(async () => {
    if (before === undefined) delete process.env.HALFSTEP_CACHE;
    else process.env.HALFSTEP_CACHE = before;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(cache, { recursive: true, force: true });
  });

  it("compresses, and its streams decompress from then on without naming it", async () => {
    const file = at("a.hst");
    expect(await runWords("compress", common.fixture.image, file, "--model", url)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(file)).toEqual(common.fixture.stream);
    expect(await runWords("decompress", file, at("a.png"))).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("model small"),
    });
  });

  it("is taken by the library and by the commands on models", async () => {
    const codec = await loadCodec({ model: url });
    expect(codec.model.name).toBe("small");
    await codec.close();
    const pinned = `${url}#sha256=${codec.model.identity}`;
    expect(JSON.parse((await runWords("model", "info", pinned, "--refresh", "--json")).stdout)).toMatchObject({
      identity: codec.model.identity,
    });
    expect(await runWords("model", "verify", url)).toMatchObject({ exitCode: 0 });
    expect(await runWords("model", "export", url, at("onnx"))).toMatchObject({ exitCode: 0 });
  });

  it("that is not there is told with its name, and nothing is written", async () => {
    const missing = url.replace("small", "none");
    const ending = await runWords("compress", common.fixture.image, at("none.hst"), "--model", missing);
    expect(ending).toEqual({
      stdout: "",
      stderr: `halfstep: ${missing}: got no such file (status 404), expected a model; check the URL\n`,
      exitCode: 2,
    });
    expect(readdirSync(common.folder)).toEqual([]);
  });
});
