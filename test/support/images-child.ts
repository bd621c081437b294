/**
 * A process that notes its images in the folder of a sweep at an agreed time, for a test of several that begin together:
 * `images-child.ts <folder> <hash> <time in ms>`. Prints "noted", or the code of the refusal.
 */
import { HalfstepError } from "../../src/errors.ts";
import { SweepFolder } from "../../src/train/sweep/sweep-folder.ts";

const [folder, hash, time] = process.argv.slice(2) as [string, string, string];
const sweep = new SweepFolder(folder);
sweep.make();
// Sleeping leaves the processor to those that are not there yet; only the last moment is spent looking at the clock.
const early = Number(time) - Date.now() - 20;
if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
while (Date.now() < Number(time));
try {
  sweep.checkImages(hash);
  process.stdout.write("noted");
} catch (error) {
  if (!(error instanceof HalfstepError)) throw error;
  process.stdout.write(error.code);
}
