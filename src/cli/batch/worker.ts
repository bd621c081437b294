/** A process that does files of a batch: started by run-batch.ts. */
import { serveTasks } from "../../processes/serve-tasks.ts";
import { compress } from "../commands/compress.ts";
import { decompress } from "../commands/decompress.ts";
import { batchWork } from "./batch-task.ts";

serveTasks(batchWork({ compress, decompress }));
