/** Options of commands that work with other machines: where the queue and the store are. */
import process from "node:process";
import type { Command } from "commander";
import { UsageError } from "../errors.ts";

/** What commander makes of them. */
export interface ClusterOptions {
  /** The address, or true where the environment has it. */
  readonly queue?: string | true;
  readonly store?: string;
}

/** Variables of the environment that say the same. Other users of a machine can read a command line, but not these. */
const QUEUE_VARIABLE = "HALFSTEP_QUEUE";
const STORE_VARIABLE = "HALFSTEP_STORE";

/** Adds `--queue` and `--store`. */
export function addClusterOptions(command: Command): Command {
  return command
    .option(
      "--queue [address]",
      `work with other machines through this queue: redis://host; without a value, ${QUEUE_VARIABLE} names it`,
    )
    .option(
      "--store <place>",
      `what all machines share: a folder, or s3://bucket/prefix (default: what ${STORE_VARIABLE} names)`,
    );
}

/** The address of the queue. @throws {UsageError} `bad-usage` */
export function queueAddress({ queue }: ClusterOptions): string {
  const address = typeof queue === "string" ? queue : process.env[QUEUE_VARIABLE];
  if (address !== undefined && address !== "") return address;
  throw new UsageError(
    "bad-usage",
    `--queue: got no address, expected redis://host:6379; give it, or set ${QUEUE_VARIABLE}`,
  );
}

/** The store. @throws {UsageError} `bad-usage` */
export function storePlace({ store }: ClusterOptions): string {
  const place = store ?? process.env[STORE_VARIABLE];
  if (place !== undefined && place !== "") return place;
  throw new UsageError(
    "bad-usage",
    `--store: got nothing, expected a folder that all machines share, or s3://bucket/prefix; give it, or set ${STORE_VARIABLE}`,
  );
}
