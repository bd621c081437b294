/** Redis for tests: Debian's redis-server as a child of the test, on a port of the loopback interface that nobody else uses. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";

/** Why tests that need Redis cannot run here, or undefined. */
export const NO_REDIS: string | undefined =
  spawnSync("redis-server", ["--version"]).status === 0
    ? undefined
    : "there is no redis-server here: install Debian's package of that name";

/** A server that can be ended in good order or not, and started again with what it had. */
export class RedisServer {
  readonly port: number;
  readonly password: string = "a-secret-word";
  readonly #folder: string;
  readonly #extra: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(folder: string, port: number, extra: readonly string[]) {
    this.#folder = folder;
    this.port = port;
    this.#extra = extra;
  }

  /** @param folder where it keeps its append-only file @param extra words of its command line, as "--maxmemory-policy allkeys-lru" */
  static async start(folder: string, extra: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(folder, await freePort(), extra);
    await server.start();
    return server;
  }

  /** With its password. */
  get address(): string {
    return `redis://:${this.password}@127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const words = ["--port", this.port, "--bind", "127.0.0.1", "--dir", this.#folder, "--requirepass", this.password];
    const kept = ["--appendonly", "yes", "--save", "", ...this.#extra];
    this.#child = spawn("redis-server", [...words.map(String), ...kept], { stdio: "ignore" });
    await this.#untilReady();
  }

  /** Ends it. SIGKILL is a power failure: what the append-only file has counts. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  async #untilReady(): Promise<void> {
    const client = new Redis(this.address, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    // Refused until the server listens.
    client.on("error", () => undefined);
    const limit = new AbortController();
    const late = sleep(20_000, undefined, { signal: limit.signal }).then(() => {
      throw new Error("redis-server does not start");
    });
    await Promise.race([
      client.ping(),
      late.catch((error: Error) => (limit.signal.aborted ? undefined : Promise.reject(error))),
    ]);
    limit.abort();
    client.disconnect();
  }
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
