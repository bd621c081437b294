/** A folder of pictures by the workers of a queue on a real Redis: one worker killed, a damaged picture, interrupted and gone on with. */
import type { ChildProcess } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { type Codec, loadCodec, readImage } from "../src/node.ts";
import { halfstep, PROJECT } from "./support/child-program.ts";
import { randomModelBytes } from "./support/random-model.ts";
import { NO_REDIS, RedisServer } from "./support/redis-server.ts";
import { runWords } from "./support/run-words.ts";
import { coordinateImage, withTemporaryFolder, writePng } from "./support/training-images.ts";

const PICTURES = 70;

/** The files below a folder, by their path. Hidden ones are left out: a process that is killed while it writes leaves such a part of a stream. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

async function streamOf(codec: Codec, file: string): Promise<Uint8Array> {
  const { image } = await readImage(file);
  return (await codec.encode(image)).bytes;
}

it.skipIf(NO_REDIS !== undefined)(
  `two workers code a folder, one is killed: every stream whole, equal to one process's, what is damaged named${NO_REDIS === undefined ? "" : ` (${NO_REDIS})`}`,
  async () => {
    await withTemporaryFolder(async (folder) => {
      const [store, from, to] = ["store", "store/photos", "store/streams"].map((name) => path.join(folder, name)) as [
        string,
        string,
        string,
      ];
      for (let k = 0; k < PICTURES; k++) {
        await writePng(
          path.join(from, k % 3 === 0 ? "Bäume im Mai" : "", `${k}.png`),
          coordinateImage(40 + (k % 7), 32, k),
        );
      }
      writeFileSync(path.join(from, "damaged.png"), readFileSync(path.join(from, "1.png")).subarray(0, 60));
      writeFileSync(path.join(from, "notes.txt"), "no picture");
      copyFileSync(path.join(PROJECT, "test/pictures/s16-other.png"), path.join(from, "sixteen.png"));
      const [model, otherModel] = [12, 10].map((M) => {
        const file = path.join(folder, `model-${M}.hsm`);
        writeFileSync(file, randomModelBytes({ type: "mean-scale-hyperprior", N: 8, M }));
        return file;
      }) as [string, string];
      mkdirSync(path.join(folder, "redis"));
      const redis = await RedisServer.start(path.join(folder, "redis"));
      const children: ChildProcess[] = [];
      try {
        const place = ["--queue", redis.address, "--store", store];
        const shared = [...place, "--model", model];
        const compressing = runWords("compress", from, "--out", to, ...shared);
        // Takes a batch, gives it back and ends.
        const other = await halfstep(["worker", ...place, "--model", otherModel, "--for", "pictures"]);
        expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("start workers with --model") });
        const workers = [1, 2].map(() =>
          halfstep(["worker", ...shared, "--for", "pictures", "--stall-seconds", "5"], {
            onStart: (child) => children.push(child),
          }),
        );
        while (filesIn(store).filter((name) => name.endsWith(".hst")).length < 10) await sleep(5);
        children[0]!.kill("SIGKILL");
        const first = await compressing;
        expect(first).toMatchObject({ exitCode: 1, stdout: "" });
        expect(first.stderr).toMatch(/^damaged\.png: .*damaged|^damaged\.png: /m);
        expect(first.stderr).toMatch(/compress: 1 of 72 pictures could not be compressed, 71 were/);
        expect(first.stderr).toContain("sixteen.png: 16-bit samples were reduced to 8-bit\n");

        const codec = await loadCodec({ model });
        const pictures = filesIn(from).filter((name) => name.endsWith(".png") && name !== "damaged.png");
        expect(filesIn(to)).toEqual(pictures.map((name) => name.replace(/png$/, "hst")).sort());
        for (const name of pictures) {
          const stream = readFileSync(path.join(to, name.replace(/png$/, "hst")));
          expect(stream.equals(await streamOf(codec, path.join(from, name))), name).toBe(true);
        }
        await codec.close();

        rmSync(path.join(from, "damaged.png"));
        rmSync(path.join(to, "5.hst"));
        const again = await runWords("compress", from, "--out", to, ...shared, "--json");
        expect(again, again.stderr).toMatchObject({ exitCode: 0 });
        expect(JSON.parse(again.stdout)).toMatchObject({ put: 1, skipped: PICTURES, coded: 1, failed: [], notes: [] });
        children[1]!.kill("SIGTERM");
        expect(await workers[1]).toMatchObject({ exitCode: 143, stdout: expect.stringMatching(/pictures coded/) });
      } finally {
        for (const child of children) child.kill("SIGKILL");
        await redis.stop();
      }
    });
  },
  600_000,
);
