/**
 * Connections to Redis (or Valkey, which speaks the same). It is checked once whether Redis is there and fit for the work, and a
 * message says what is wrong. After that, connections come back by themselves when Redis was restarted. Passwords are in the address and are
 * never printed.
 */
import { Redis } from "ioredis";
import { HalfstepError, UsageError } from "../../errors.ts";

/** BullMQ needs no newer one. */
const OLDEST_VERSION = 6.2;
const ANSWER_MS = 10_000;
/** Longest wait between two tries to connect again, milliseconds. */
const LONGEST_RETRY_MS = 2_000;

/** The address without its password, for messages. */
export function publicAddress(address: string): string {
  if (!URL.canParse(address)) return "the address";
  const url = new URL(address);
  if (url.password !== "") url.password = "***";
  url.search = "";
  return url.href;
}

/** Checks the form of an address. @throws {UsageError} `bad-usage`, without repeating what may be a password */
export function checkAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url !== null && (url.protocol === "redis:" || url.protocol === "rediss:") && url.hostname !== "") return address;
  throw new UsageError(
    "bad-usage",
    "--queue: got no address of Redis, expected redis://host:6379, rediss:// for TLS, with user:password@ before the host where they are needed",
  );
}

/** What {@link checkRedis} noticed. */
export interface RedisState {
  /** Sentences on settings with which work can be lost. */
  readonly warnings: readonly string[];
}

/**
 * Asks Redis whether it can be used.
 * @throws HalfstepError `queue-unreachable`, `queue-refused`, `queue-unfit`
 */
export async function checkRedis(address: string): Promise<RedisState> {
  const where = `queue ${publicAddress(address)}`;
  const client = new Redis(checkAddress(address), {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: ANSWER_MS,
    enableReadyCheck: false,
  });
  let failure: Error | undefined;
  client.on("error", (error) => {
    failure ??= error;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), ANSWER_MS);
  });
  try {
    return judge(where, await Promise.race([client.connect().then(() => client.info()), late]));
  } catch (error) {
    if (error instanceof HalfstepError) throw error;
    // What the connection met says more than that it is closed.
    throw connectionFailure(where, failure ?? (error as Error));
  } finally {
    clearTimeout(timer);
    client.disconnect();
  }
}

function judge(where: string, info: string): RedisState {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const version = field("valkey_version") ?? field("redis_version") ?? "0";
  if (Number.parseFloat(version) < OLDEST_VERSION) {
    throw new HalfstepError(
      "queue-unfit",
      `${where}: got Redis ${version}, expected ${OLDEST_VERSION} or newer; update it`,
    );
  }
  const warnings: string[] = [];
  if (field("aof_enabled") !== "1") {
    warnings.push(`${where}: keeps nothing when it is restarted; set "appendonly yes" in its configuration`);
  }
  const policy = field("maxmemory_policy") ?? "noeviction";
  if (policy !== "noeviction") {
    warnings.push(
      `${where}: may throw work away when its memory is full (${policy}); set "maxmemory-policy noeviction"`,
    );
  }
  return { warnings };
}

function connectionFailure(where: string, error: Error): HalfstepError {
  const { code } = error as NodeJS.ErrnoException;
  const { message } = error;
  const because = (kind: string, problem: string, advice: string): HalfstepError =>
    new HalfstepError(kind, `${where}: ${problem}; ${advice}`, { cause: error });
  if (/WRONGPASS|invalid password|NOAUTH/.test(message)) {
    return because(
      "queue-refused",
      "user or password are wrong, or missing",
      "write them into the address: redis://user:password@host",
    );
  }
  if (/NOPERM/.test(message))
    return because("queue-refused", "the user may not do this", "give it all commands on keys of halfstep");
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return because("queue-unreachable", "there is no host with that name", "check the address");
  }
  if (code === "ECONNREFUSED") {
    return because("queue-unreachable", "nothing listens there", "start Redis, or check host and port");
  }
  if (code?.startsWith("ERR_TLS") || code?.startsWith("ERR_SSL") || /certificate|CERT_|SSL/.test(`${code}${message}`)) {
    return because(
      "queue-refused",
      `no TLS connection was made (${code ?? message})`,
      "use redis:// where Redis has no TLS, or name its certificate authority by NODE_EXTRA_CA_CERTS",
    );
  }
  const reason = code ?? message.slice(0, 80);
  return because(
    "queue-unreachable",
    `no Redis answers there (${reason})`,
    "check host and port, and rediss:// for TLS",
  );
}

/** A connection that comes back by itself, as BullMQ needs it. @param onTrouble told when the connection is lost, and when it is back */
export function connectRedis(address: string, onTrouble: (sentence: string) => void): Redis {
  const client = new Redis(checkAddress(address), {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(100 * times, LONGEST_RETRY_MS),
  });
  let isLost = false;
  // Each failed try is an error; one sentence for all of them is enough.
  client.on("error", () => undefined);
  client.on("reconnecting", () => {
    if (!isLost) onTrouble(`queue ${publicAddress(address)}: the connection is lost; trying again`);
    isLost = true;
  });
  client.on("ready", () => {
    if (isLost) onTrouble(`queue ${publicAddress(address)}: connected again`);
    isLost = false;
  });
  return client;
}
