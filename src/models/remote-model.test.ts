import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { randomModelBytes } from "../../test/support/random-model.ts";
import { loadModelBytes } from "./loaded-model.ts";
import { ModelCache } from "./model-cache.ts";
import { isModelUrl, type RemoteModelOptions, remoteModel } from "./remote-model.ts";

const NETWORK = { type: "factorized-prior", N: 4, M: 4 } as const;
const bytes = randomModelBytes(NETWORK);
const { identity } = loadModelBytes(bytes, "test").info;
const other = randomModelBytes(NETWORK, { seed: 2 });

let folder: string;
let server: Server;
let answer: RequestListener;
let requests: number;
let url: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-remote-"));
  requests = 0;
  answer = (_, response) => response.end(bytes);
  server = createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mine.safetensors`;
});

afterEach(async () => {
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const get = async (which: string, options: RemoteModelOptions = {}): Promise<string> =>
  (await remoteModel(which, { cache: new ModelCache(folder), ...options })).info.identity;

/** What is refused with this code, in a message that names the URL. */
const refusal = (code: string, words: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(`^${url}.*${words.source}`) });

describe("remoteModel", () => {
  it("fetches a model once, and again only when it is told to", async () => {
    expect(await get(url)).toBe(identity);
    answer = (_, response) => response.end(other);
    expect(await get(url)).toBe(identity);
    expect(requests).toBe(1);
    const renewed = await get(url, { refresh: true });
    expect(renewed).toBe(loadModelBytes(other, "test").info.identity);
    expect(await get(url)).toBe(renewed);
    expect(requests).toBe(2);
  });

  it("needs no server for what the cache has", async () => {
    await get(url);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await get(url)).toBe(identity);
    await expect(get(url, { refresh: true })).rejects.toEqual(refusal("model-unreachable", /ECONNREFUSED/));
  });

  it("checks a pinned identity, and takes the pinned file from the cache whatever URL it came from", async () => {
    const pin = `#sha256=${identity}`;
    answer = (_, response) => response.end(other);
    await expect(get(url + pin)).rejects.toEqual(refusal("wrong-identity", new RegExp(`expected ${identity}`)));
    answer = (_, response) => response.end(bytes);
    expect(await get(url + pin.toUpperCase().replace("SHA", "sha"))).toBe(identity);
    expect(requests).toBe(2);
    expect(await get(`http://127.0.0.1:1/other${pin}`)).toBe(identity);
    expect(requests).toBe(2);
  });

  it.each([
    [404, "missing-model", /no such file/],
    [410, "missing-model", /no such file/],
    [500, "model-unreachable", /status 500/],
    [403, "model-unreachable", /status 403 \(Forbidden\)/],
  ])("refuses status %i", async (status, code, words) => {
    answer = (_, response) => response.writeHead(status).end("sorry");
    await expect(get(url)).rejects.toEqual(refusal(code, words));
  });

  it("refuses what is not a model, and does not keep it", async () => {
    answer = (_, response) => response.end("<!doctype html><title>Sign in</title>");
    await expect(get(url)).rejects.toEqual(refusal("bad-safetensors", /./));
    answer = (_, response) => response.end(bytes.subarray(0, bytes.length >> 1));
    await expect(get(url)).rejects.toEqual(refusal("bad-safetensors", /./));
    expect(requests).toBe(2);
  });

  it("stops reading at the largest size, whether or not the server says how much will come", async () => {
    await expect(get(url, { maxBytes: 1000 })).rejects.toEqual(refusal("model-too-large", /more than 1000 bytes/));
    let sent = 0;
    const closed = new Promise((resolve) => {
      answer = (_, response) => {
        const more = setInterval(() => {
          response.write(Buffer.alloc(400));
          sent++;
        }, 2);
        response.once("close", () => resolve(clearInterval(more)));
      };
    });
    await expect(get(url, { maxBytes: 1000 })).rejects.toEqual(refusal("model-too-large", /more than 1000 bytes/));
    // The server never ends the file: it is our side that hangs up.
    await closed;
    expect(sent).toBeGreaterThanOrEqual(3);
  });

  it("gives up when nothing arrives, and not while something does", async () => {
    answer = () => undefined;
    await expect(get(url, { idleMs: 100 })).rejects.toEqual(refusal("model-unreachable", /nothing arrived for 0.1 s/));
    answer = (_, response) => void response.write(bytes.subarray(0, 100));
    await expect(get(url, { idleMs: 100 })).rejects.toEqual(refusal("model-unreachable", /nothing arrived for 0.1 s/));
    answer = (_, response) => {
      const pieces = Array.from({ length: 8 }, (_, i) =>
        bytes.subarray(Math.ceil((i * bytes.length) / 8), Math.ceil(((i + 1) * bytes.length) / 8)),
      );
      const next = (): void => {
        const piece = pieces.shift();
        if (piece === undefined) response.end();
        else response.write(piece, () => setTimeout(next, 200));
      };
      next();
    };
    // 8 pauses of 0.2 s: longer in all than the time that one pause may take.
    expect(await get(url, { idleMs: 1200 })).toBe(identity);
  });

  it("says what an answer that breaks off was", async () => {
    answer = (_, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 100), () => response.destroy());
    };
    await expect(get(url)).rejects.toEqual(refusal("model-unreachable", /an error \(.+\)/));
  });

  it("follows the server to another place", async () => {
    answer = ({ url: asked }, response) => {
      if (asked === "/mine.safetensors") response.writeHead(302, { location: "/there" }).end();
      else response.end(bytes);
    };
    expect(await get(url)).toBe(identity);
    expect(requests).toBe(2);
  });

  it.each([
    ["a password", "http://ada:secret@127.0.0.1/m", /^model: got a URL with a user or password/],
    ["another fragment", "http://127.0.0.1/m#sha256=12", /^model: got a URL that ends in "#sha256=12"/],
    ["no host", "http://", /^model: got a URL that cannot be read/],
  ])("refuses a URL with %s", async (_, bad, message) => {
    await expect(get(bad)).rejects.toMatchObject({
      code: "bad-model-url",
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });
});

describe("isModelUrl", () => {
  it("tells URLs from names and paths", () => {
    expect(["http://a/b", "HTTPS://a/b"].map(isModelUrl)).toEqual([true, true]);
    expect(["name", "./a/b", "file:///a", "C:\\a\\b", "/https://x"].map(isModelUrl)).toEqual(Array(5).fill(false));
  });
});
