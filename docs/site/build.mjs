/**
 * `npm run docs`: the documentation as a static site in docs/site/dist. The pages are the Markdown files of the repository, in their own
 * places, so that links between them hold here and there; the API reference comes from the doc comments. Links to pages that do
 * not exist end the build.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { build } from "vitepress";

const SITE = import.meta.dirname;
const PROJECT = path.resolve(SITE, "../..");
const SOURCE = path.join(SITE, "source");
const LANGUAGES = new Set(["sh", "js", "ts", "json", "html", "text"]);

/** All files that git tracks or would track. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: PROJECT })
  .toString()
  .trim()
  .split("\n")
  .filter((file) => existsSync(path.join(PROJECT, file)));
const isPage = (file) => /^[^/]+\.md$|^(docs|experiments|results|samples|weights|web|examples)\/.*\.md$/.test(file);
const isPicture = (file) => /\.(png|svg)$/.test(file) && /^docs\/|^experiments\//.test(file);
const pages = new Set(files.filter(isPage));
const shown = new Set([...pages, ...files.filter(isPicture)]);

/** The text of a page for the site: what lies outside of the site is named and not linked. */
function forSite(page) {
  // Blocks of numbers in FORMAT.md are named, so that tests find them; that is no language to colour.
  const text = readFileSync(path.join(PROJECT, page), "utf8").replace(/^```([\w-]+)/gm, (fence, language) =>
    LANGUAGES.has(language) ? fence : "```text",
  );
  return text.replace(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g, (whole, picture, words, target) => {
    if (/^[a-z]+:|^#/.test(target)) return whole;
    const [file] = target.split("#");
    const aim = path.posix.normalize(path.posix.join(path.posix.dirname(page), file)).replace(/\/$/, "");
    if (shown.has(aim)) return whole;
    if (pages.has(`${aim}/README.md`))
      return `${picture}[${words}](${path.posix.relative(path.posix.dirname(page), `${aim}/README.md`)})`;
    if (!existsSync(path.join(PROJECT, aim))) throw new Error(`${page}: "${target}" does not exist`);
    return words.includes("`") ? words : `${words} (\`${aim}\`)`;
  });
}

rmSync(SOURCE, { recursive: true, force: true });
for (const file of shown) {
  const to = path.join(SOURCE, file);
  mkdirSync(path.dirname(to), { recursive: true });
  if (pages.has(file)) writeFileSync(to, forSite(file));
  else copyFileSync(path.join(PROJECT, file), to);
}
execFileSync(
  process.execPath,
  [path.join(SITE, "node_modules/typedoc/bin/typedoc"), "--options", path.join(SITE, "typedoc.json")],
  {
    cwd: PROJECT,
    stdio: "inherit",
  },
);
await build(SITE);
const size = statSync(path.join(SITE, "dist/index.html")).size;
process.stdout.write(`docs/site/dist: ${pages.size} pages and the API reference; index.html has ${size} bytes\n`);
