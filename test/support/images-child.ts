/**
 * A process that notes its images in the folder of a sweep at an agreed time, for a test of several that begin together:
 * `images-child.ts <folder> <hash> <time in ms>`. Prints "noted", or the code of the refusal.
 */
import { HalfstepError } from "../../src/errors.ts";
import { SweepFolder } from "../../src/train/sweep/sweep-folder.ts";

const [folder, hash, time] = process.argv.slice(2) as [string, string, string];
const sweep = new SweepFolder(folder);
sweep.make();
while (Date.now() < Number(time));
try {
  sweep.checkImages(hash);
  process.stdout.write("noted");
} catch (error) {
  if (!(error instanceof HalfstepError)) throw error;
  process.stdout.write(error.code);
}
