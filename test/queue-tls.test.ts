/** A Redis that speaks TLS, with a certificate of nobody's authority: a worker takes it where that is named, and says so where it is not. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { halfstep } from "./support/child-program.ts";
import { freePort, NO_REDIS, RedisServer } from "./support/redis-server.ts";
import { withTemporaryFolder } from "./support/training-images.ts";

const MISSING =
  NO_REDIS ??
  (spawnSync("openssl", ["version"]).status === 0 ? undefined : "there is no openssl here to make a certificate");

it.skipIf(MISSING !== undefined)(
  `a worker talks to Redis by TLS, with a password${MISSING === undefined ? "" : ` (${MISSING})`}`,
  { timeout: 120_000 },
  async () => {
    await withTemporaryFolder(async (folder) => {
      const [certificate, key] = ["certificate.pem", "key.pem"].map((name) => path.join(folder, name)) as [
        string,
        string,
      ];
      const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
      const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
      const made = spawnSync("openssl", [
        "req",
        "-x509",
        ...curve,
        "-days",
        "2",
        ...subject,
        "-keyout",
        key,
        "-out",
        certificate,
      ]);
      expect(made.status, made.stderr.toString()).toBe(0);
      const [port, store] = [await freePort(), path.join(folder, "store")];
      mkdirSync(store);
      const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate];
      const redis = await RedisServer.start(folder, ["--tls-port", `${port}`, ...files, "--tls-auth-clients", "no"]);
      try {
        const address = `rediss://:${redis.password}@localhost:${port}`;
        const words = ["worker", "--queue", address, "--store", store, "--for", "runs", "--idle-seconds", "0.5"];
        const named = await halfstep(words, { env: { NODE_EXTRA_CA_CERTS: certificate } });
        expect(named).toMatchObject({ exitCode: 0, stdout: "0 runs over, 0 failed\n" });
        const unnamed = await halfstep(words);
        expect(unnamed).toMatchObject({
          exitCode: 1,
          stderr: expect.stringMatching(/no TLS connection was made .*NODE_EXTRA_CA_CERTS/),
        });
        expect(named.stderr + unnamed.stderr).not.toContain(redis.password);
      } finally {
        await redis.stop();
      }
    });
  },
);
