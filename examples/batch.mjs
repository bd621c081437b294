// Compresses every picture of a folder into another one, with progress; a file that cannot be read does not stop the others.
//   node batch.mjs photos/ compressed/ 60
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { HalfstepError, loadCodec, readImage } from "halfstep";

const [from = "photos", to = "compressed", quality = "50"] = process.argv.slice(2);
await mkdir(to, { recursive: true });
const names = (await readdir(from)).filter((name) => /\.(jpe?g|png|webp|avif|tiff?|gif)$/i.test(name)).sort();
const codec = await loadCodec();
let [done, bytesWritten, failed] = [0, 0, 0];
for (const name of names) {
  try {
    const { image } = await readImage(path.join(from, name), { background: null });
    const { bytes, bitsPerPixel } = await codec.encode(image, { quality: Number(quality) });
    await writeFile(path.join(to, `${path.parse(name).name}.hst`), bytes);
    bytesWritten += bytes.length;
    console.log(`${++done}/${names.length} ${name}: ${bytes.length} bytes, ${bitsPerPixel.toFixed(3)} bpp`);
  } catch (error) {
    if (!(error instanceof HalfstepError)) throw error;
    failed++;
    console.error(`${++done}/${names.length} ${error.message}`);
  }
}
await codec.close();
console.log(`${names.length - failed} of ${names.length} pictures, ${bytesWritten} bytes`);
process.exitCode = failed > 0 ? 1 : 0;
