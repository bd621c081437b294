/** The site: its pages, in the order in which somebody would read them. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { defineConfig } from "vitepress";

const SOURCE = path.resolve(import.meta.dirname, "../source");
const titleOf = (page) => /^# (.*)$/m.exec(readFileSync(path.join(SOURCE, page), "utf8"))?.[1] ?? page;
const item = (page, text = titleOf(page)) => ({
  text: text.replaceAll("`", ""),
  link: `/${page.replace(/(^|\/)README\.md$/, "$1").replace(/\.md$/, "")}`,
});
const pagesIn = (folder) =>
  readdirSync(path.join(SOURCE, folder))
    .filter((name) => name !== "README.md")
    .sort()
    .map((name) => item(`${folder}/${name}`));

export default defineConfig({
  title: "Halfstep",
  description: "Learned image compression in TypeScript",
  srcDir: "source",
  outDir: "dist",
  cacheDir: "cache",
  // A page of a folder is called README in the repository.
  rewrites: (page) => page.replace(/(^|\/)README\.md$/, "$1index.md"),
  cleanUrls: false,
  vite: { logLevel: "warn" },
  markdown: { html: true },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      item("docs/guide/first-hour.md", "First hour"),
      item("FORMAT.md", "Format"),
      item("docs/decisions/README.md", "Decisions"),
      { text: "API", link: "/api/" },
    ],
    sidebar: [
      {
        text: "Guides",
        items: [
          item("README.md", "What it is"),
          ...["first-hour", "compress", "library", "browser", "train", "laboratory", "evaluate", "models"].map((name) =>
            item(`docs/guide/${name}.md`),
          ),
          item("docs/surrogates.md"),
          item("docs/sweep.md"),
          item("docs/cluster.md"),
        ],
      },
      {
        text: "Reference",
        items: [
          item("docs/theory.md"),
          item("FORMAT.md"),
          { text: "API: halfstep", link: "/api/node" },
          { text: "API: halfstep/web", link: "/api/web" },
          { text: "API: halfstep/element", link: "/api/element/halfstep-image" },
          { text: "API: halfstep/research", link: "/api/research" },
          item("docs/glossary.md"),
          item("results/README.md"),
          item("weights/README.md"),
          item("samples/README.md"),
          item("CHANGELOG.md"),
          item("docs/upgrading.md"),
          item("docs/licences.md"),
          item("SECURITY.md"),
          item("examples/README.md"),
        ],
      },
      {
        text: "Work on it",
        items: [item("ARCHITECTURE.md"), item("CONTRIBUTING.md"), item("experiments/LOG.md"), item("web/README.md")],
      },
      { text: "Decisions", collapsed: true, items: pagesIn("docs/decisions") },
      { text: "Measurements", collapsed: true, items: [item("docs/log/README.md"), ...pagesIn("docs/log")] },
    ],
  },
});
