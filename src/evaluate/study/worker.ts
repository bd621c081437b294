/** A process that measures: started by workers.ts. */
import sharp from "sharp";
import { serveTasks } from "../../processes/serve-tasks.ts";
import { Measurer } from "./measure.ts";

sharp.concurrency(1);
const measurer = new Measurer();
serveTasks({
  rowsOf: (task: Parameters<Measurer["measure"]>[0]) => measurer.measure(task),
  close: () => measurer.close(),
});
