/** `halfstep board`: a page that shows what workers do, until it is stopped. */
import { once } from "node:events";
import type { Command } from "commander";
import { addClusterOptions, type ClusterOptions, queueAddress } from "../cluster-options.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { naturalNumber } from "../parse-option.ts";

interface BoardOptions extends ClusterOptions {
  readonly host: string;
  readonly port: number;
}

/** Adds the command. */
export function registerBoard(program: Command, execute: Execute): void {
  const board = program
    .command("board")
    .description("show in a web page what the workers of a queue do, what waits and what failed");
  addClusterOptions(board)
    .option("--host <address>", "the address that the page listens on; it has no password", "127.0.0.1")
    .option("--port <number>", "the port of the page; 0 for any that is free", naturalNumber, 3000)
    .action((options: BoardOptions) => execute((context) => show(context, options), true));
}

async function show(context: CommandContext, options: BoardOptions): Promise<void> {
  const { loadBoard, loadQueue } = await import("../../cluster/index.ts");
  const address = queueAddress(options);
  const { checkRedis, connectRedis } = await loadQueue();
  const { serveBoard } = await loadBoard();
  await checkRedis(address);
  const connection = connectRedis(address, (sentence) => context.note(sentence));
  try {
    const board = await serveBoard(connection, options.host, options.port);
    context.note(`${board.address} shows the queue; Ctrl-C ends it`);
    if (!context.signal.aborted) await once(context.signal, "abort");
    await board.close();
    context.report({ command: "board", address: board.address }, "the board is closed");
  } finally {
    connection.disconnect();
  }
}
