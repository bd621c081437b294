/** The same suite for every kind of store; that of S3 against a server in this process. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type S3Server, startS3 } from "../../../test/support/s3-server.ts";
import { keyInStore, openStore, storeIdentity } from "./open-store.ts";
import type { Store } from "./store.ts";

const folder = mkdtempSync(path.join(tmpdir(), "halfstep-store-"));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (found: Uint8Array | undefined): string | undefined => found && new TextDecoder().decode(found);
let server: S3Server;

beforeAll(async () => {
  mkdirSync(path.join(folder, "shared"));
  server = await startS3(path.join(folder, "s3"));
  for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe.each([
  ["a folder", path.join(folder, "shared")],
  ["a bucket", "s3://bucket"],
  ["a part of a bucket", "s3://bucket/some/part/"],
])("%s as a store", (_, place) => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(place);
  });
  afterAll(() => store.close());

  it("holds whole objects, and nothing where nothing was put", async () => {
    expect(await store.get("a/b.txt")).toBeUndefined();
    await store.put("a/b.txt", bytes("one"));
    expect(text(await store.get("a/b.txt"))).toBe("one");
    await store.put("a/b.txt", bytes("two"));
    expect(text(await store.get("a/b.txt"))).toBe("two");
    await store.delete("a/b.txt");
    await store.delete("a/b.txt");
    expect(await store.get("a/b.txt")).toBeUndefined();
  });

  it("lists what lies in a folder, in order, with sizes, and not what only begins alike", async () => {
    for (const key of ["list/b", "list/a/c", "listed", "list/ä ö+.png"]) await store.put(key, bytes(key));
    const found: [string, number][] = [];
    for await (const { key, bytes: size } of store.list("list")) found.push([key, size]);
    expect(found).toEqual([
      ["list/a/c", 8],
      ["list/b", 6],
      ["list/ä ö+.png", 15],
    ]);
    expect(text(await store.get("list/ä ö+.png"))).toBe("list/ä ö+.png");
  });

  it("moves files of this machine, both ways", async () => {
    const [from, to] = [path.join(folder, "from.bin"), path.join(folder, "to.bin")];
    writeFileSync(from, new Uint8Array(300_000).fill(7));
    await store.putFile("files/x.bin", from);
    expect(await store.getFile("files/x.bin", to)).toBe(true);
    expect(readFileSync(to).equals(readFileSync(from))).toBe(true);
    writeFileSync(from, "another");
    await store.putFile("files/x.bin", from);
    expect((await store.get("files/x.bin"))?.length).toBe(300_000);
    expect(await store.getFile("files/none", to)).toBe(false);
  });

  it("has one identity, whoever asks", async () => {
    const id = await storeIdentity(store);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await storeIdentity(await openStore(place))).toBe(id);
    expect(await store.putNew("halfstep-store.json", bytes("another"))).toBe(false);
    expect(await storeIdentity(store)).toBe(id);
  });

  it.each(["", "/etc/passwd", "../outside", "a/../../b", "a//b", "a/./b", "a\\b", "a\0b", "x".repeat(1025)])(
    "refuses the key %j",
    async (key) => {
      const refusal = { code: "bad-key" };
      await expect(store.put(key, bytes("x"))).rejects.toMatchObject(refusal);
      await expect(store.get(key)).rejects.toMatchObject(refusal);
      await expect(store.delete(key)).rejects.toMatchObject(refusal);
    },
  );
});

it("a folder keeps what the first of two writers puts there", async () => {
  const store = await openStore(path.join(folder, "shared"));
  const done = await Promise.all(["a", "b", "c"].map((word) => store.putNew("new/x", bytes(word))));
  expect(done.filter((isNew) => isNew)).toHaveLength(1);
  expect(text(await store.get("new/x"))).toBe(["a", "b", "c"][done.indexOf(true)]);
});

it("a folder does not follow a link that leads out of it when it writes", async () => {
  const store = await openStore(path.join(folder, "shared"));
  mkdirSync(path.join(folder, "outside"));
  symlinkSync(path.join(folder, "outside"), path.join(folder, "shared/link"));
  await expect(store.put("link/x", bytes("x"))).rejects.toMatchObject({ code: "bad-key", message: /out of the store/ });
  await expect(store.put("link/deep/x", bytes("x"))).rejects.toMatchObject({ code: "bad-key" });
});

it("says what is wrong with a store that is not there, a bucket that is not there, and keys that nobody knows", async () => {
  const cases: [string, RegExp][] = [
    [
      path.join(folder, "forgotten-mount"),
      /got no folder with that name, expected the folder that all machines share; mount it/,
    ],
    ["s3://other-bucket", /s3:\/\/other-bucket: there is no such bucket; make it/],
    ["s3://UPPER", /expected a folder or s3:\/\/bucket\/prefix/],
  ];
  for (const [place, message] of cases) await expect(openStore(place)).rejects.toMatchObject({ message });
  vi.stubEnv("AWS_ACCESS_KEY_ID", "NOBODY");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret");
  const wrong = openStore("s3://bucket");
  await expect(wrong).rejects.toMatchObject({
    code: "store-failed",
    message: /does not know who asks.*AWS_SECRET_ACCESS_KEY/,
  });
  await wrong.catch((error: Error) => expect(error.message).not.toContain("a-wrong-secret"));
  vi.stubEnv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9");
  await expect(openStore("s3://bucket")).rejects.toMatchObject({
    message: /does not answer as expected \(ECONNREFUSED\)/,
  });
}, 60_000);

it("takes places below the store by name, path or address, and no others", async () => {
  const store = await openStore(path.join(folder, "shared"));
  const { localFolder = "" } = store;
  const cases = ["runs/a", "./runs/a/", path.join(localFolder, "runs/a")];
  for (const place of cases) expect(keyInStore(store, place, "--out")).toBe("runs/a");
  for (const place of ["../a", "/etc", localFolder, ".", "s3://bucket/a"]) {
    expect(() => keyInStore(store, place, "--out")).toThrow(/^--out: got ".*", expected a place below the store/);
  }
});
