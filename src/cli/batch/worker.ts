/** A process that works on files of a batch. run-batch.ts starts it. */
import { serveTasks } from "../../processes/serve-tasks.ts";
import { compress } from "../commands/compress.ts";
import { decompress } from "../commands/decompress.ts";
import { batchWork } from "./batch-task.ts";

serveTasks(batchWork({ compress, decompress }));
