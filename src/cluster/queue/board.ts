/**
 * The board: a page that shows what runs, waits and failed, by bull-board. It only shows. Everybody who reaches it can read plans and names of files, so it
 * listens on this machine alone unless told otherwise, and has no password of its own.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { HalfstepError } from "../../errors.ts";
import { PICTURES_QUEUE, PREFIX, RUNS_QUEUE, TRUNKS_QUEUE } from "./queue-names.ts";

/** A board that is served. */
export interface Board {
  /** The address of the page. */
  readonly address: string;
  close(): Promise<void>;
}

/** Serves the board. @param port 0 for any that is free @throws {HalfstepError} `cannot-listen` */
export async function serveBoard(connection: Redis, host: string, port: number): Promise<Board> {
  const queues = [RUNS_QUEUE, TRUNKS_QUEUE, PICTURES_QUEUE].map(
    (name) => new Queue(name, { connection, prefix: PREFIX }),
  );
  for (const queue of queues) queue.on("error", () => undefined);
  const serverAdapter = new ExpressAdapter();
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter,
    options: { uiConfig: { boardTitle: "Halfstep" } },
  });
  const server = createServer(serverAdapter.getRouter());
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    for (const queue of queues) await queue.close();
  };
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    await close();
    const { code } = error as NodeJS.ErrnoException;
    const problem = `board: cannot listen on ${host}:${port} (${code}); name another port or host`;
    throw new HalfstepError("cannot-listen", problem, { cause: error });
  }
  const { port: taken } = server.address() as AddressInfo;
  return { address: `http://${host.includes(":") ? `[${host}]` : host}:${taken}/`, close };
}
