/** Documents that list or count things: nothing is missing, and everything that is listed is there. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { NETWORK_TYPES } from "../src/networks/architecture-table.ts";
import { SURROGATES } from "../src/quantize/index.ts";
import { snippetsOf } from "../test/support/snippets.ts";
import { OWN_PROCESS } from "../vitest.config.ts";
import { SLOW } from "../vitest.quick.config.ts";

const root = path.resolve(import.meta.dirname, "..");
const folder = path.join(root, "docs/decisions");
const read = (file: string): string => readFileSync(file, "utf8");

describe("docs/decisions/README.md", () => {
  it("lists every decision once, by its number and in order", () => {
    const pages = readdirSync(folder).filter((name) => name !== "README.md");
    const listed = [...read(path.join(folder, "README.md")).matchAll(/^\| \[(\d{4})\]\(([^)]+)\) \|/gm)];
    expect(listed.map(([, , page]) => page)).toEqual(pages.sort());
    for (const [, number, page] of listed) expect(page?.startsWith(`${number}-`)).toBe(true);
  });
});

describe("docs/decisions and docs/log", () => {
  const namesIn = (name: string): readonly string[] =>
    readdirSync(path.join(root, "docs", name)).filter((file) => file !== "README.md");

  it("give a decision one page: at most 620 words and 30 lines of tables", () => {
    const long = namesIn("decisions").filter((name) => {
      const lines = read(path.join(folder, name))
        .replace(/```[\s\S]*?```/g, "")
        .split("\n");
      const rows = lines.filter((line) => line.startsWith("|"));
      const words = lines.filter((line) => !line.startsWith("|")).flatMap((line) => line.match(/\S+/g) ?? []);
      return words.length > 620 || rows.length > 30;
    });
    expect(long).toEqual([]);
  });

  it("keep the measurements of a decision under its name, and link both ways", () => {
    const logs = namesIn("log");
    expect(logs.length).toBeGreaterThan(10);
    for (const name of logs) {
      expect(read(path.join(folder, name))).toContain(`(../log/${name})`);
      expect(read(path.join(root, "docs/log", name))).toContain(`(../decisions/${name})`);
    }
  });
});

describe("docs/glossary.md and CONTRIBUTING.md", () => {
  it.each(["docs/glossary.md", "CONTRIBUTING.md"])("%s names only files that are there", (name) => {
    const files = [
      ...read(path.join(root, name)).matchAll(/`((?:src|test|scripts|docs|experiments|bench)\/[\w./-]+)`/g),
    ];
    expect(files.length).toBeGreaterThan(5);
    expect(files.map(([, file]) => file as string).filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});

describe("vitest.quick.config.ts", () => {
  it("leaves out only tests that are there", () => {
    expect(SLOW.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});

describe("vitest.config.ts", () => {
  it("gives a process of its own to every unit test that replaces a module: a loaded one cannot be replaced", () => {
    const files = ["src", "web/src", "scripts", "bench"].flatMap((name) =>
      readdirSync(path.join(root, name), { recursive: true, encoding: "utf8" }).map((file) => `${name}/${file}`),
    );
    const replacing = files.filter(
      (file) => file.endsWith(".test.ts") && /^vi\.mock\(/m.test(read(path.join(root, file))),
    );
    expect(replacing.length).toBeGreaterThan(1);
    expect(replacing.filter((file) => !OWN_PROCESS.includes(file))).toEqual([]);
    expect(OWN_PROCESS.filter((file) => !files.includes(file))).toEqual([]);
  });
});

describe("README.md and the guides", () => {
  const pages = ["README.md", ...readdirSync(path.join(root, "docs/guide")).map((name) => `docs/guide/${name}`)];
  const { scripts, version } = JSON.parse(read(path.join(root, "package.json"))) as {
    readonly scripts: Record<string, string>;
    readonly version: string;
  };

  it("show as text only commands of a clone, and each is there", () => {
    const commands = pages
      .flatMap((page) => snippetsOf(read(path.join(root, page))))
      .filter(({ language }) => language === "text")
      .flatMap(({ code }) => code.trim().split("\n"))
      .flatMap((line) => line.replace(/ +#.*/, "").split(" && "));
    expect(commands.length).toBeGreaterThan(5);
    const own = Object.keys(scripts).map((name) => `npm run ${name}`);
    const known = ["npm ci", "npm test", `npm install ./halfstep-${version}.tgz`, ...own];
    expect(commands.filter((command) => !known.includes(command))).toEqual([]);
  });

  it("name only scripts that package.json has", () => {
    const named = [...pages, "CONTRIBUTING.md"].flatMap((page) =>
      [...read(path.join(root, page)).matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].map(([, name]) => name as string),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe("README.md", () => {
  it("counts the networks and the surrogates as they are", () => {
    const words = ["seven", "eight", "nine", "ten", "eleven", "twelve"];
    const [, networks] =
      / (\w+) networks of the field and one of our own/.exec(read(path.join(root, "README.md"))) ?? [];
    expect(words.indexOf(networks ?? "") + 7).toBe(NETWORK_TYPES.length - 1);
    const [, surrogates] = / (\w+) surrogates of rounding/.exec(read(path.join(root, "README.md"))) ?? [];
    const [tens, ones] = [Math.floor(SURROGATES.length / 10), SURROGATES.length % 10];
    const digits = ["", "one", "two", "three", "four", "five", "six", ...words.slice(0, 3)];
    expect(surrogates).toBe([["twenty", "thirty"][tens - 2], digits[ones]].filter((word) => word !== "").join("-"));
  });
});

describe("ARCHITECTURE.md", () => {
  const text = read(path.join(root, "ARCHITECTURE.md"));
  const prose = text.slice(0, text.indexOf("## Who may import whom"));

  it("names every folder of src/, and those of the codec and the command line, outside of its table", () => {
    const foldersIn = (folder: string): readonly string[] =>
      readdirSync(path.join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);
    const folders = [
      ...foldersIn("src"),
      ...foldersIn("src/codec").map((name) => `codec/${name}`),
      ...foldersIn("src/cli"),
    ];
    const isNamed = (folder: string): boolean => new RegExp(`(^|[^\\w/])${folder}(?![\\w-])`, "m").test(prose);
    expect(folders.length).toBeGreaterThan(30);
    expect(folders.filter((folder) => !isNamed(folder))).toEqual([]);
  });

  it("names only files and folders that are there", () => {
    const named = [...prose.matchAll(/`([\w./-]+(?:\/|\.ts))`/g)].map(([, name]) => name as string);
    const places = ["", "src", "src/networks", "src/networks/entropy", "src/engine", "src/objective", "src/train"];
    const more = ["src/train/sweep", "src/codec/exact", "src/cli"];
    const exists = (name: string): boolean =>
      [...places, ...more].some((place) => existsSync(path.join(root, place, name)));
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((name) => !exists(name))).toEqual([]);
  });
});

/** The anchors of a page, as GitHub and the site make them of its headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  return new Set(
    [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replace(/\s/g, "-"),
    ),
  );
}

describe("links", () => {
  const listed = execFileSync("git", ["ls-files", "*.md"], { cwd: root }).toString().trim().split("\n");
  const pages = listed.filter((page) => existsSync(path.join(root, page)));

  it("of every page lead to files and headings that are there", () => {
    const broken: string[] = [];
    let count = 0;
    for (const page of pages) {
      const text = read(path.join(root, page)).replace(/```[\s\S]*?```/g, "");
      for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        count++;
        const [file = "", anchor] = target.split("#");
        const aim = file === "" ? path.join(root, page) : path.resolve(root, path.dirname(page), file);
        if (!existsSync(aim)) broken.push(`${page}: ${target}`);
        else if (anchor !== undefined && aim.endsWith(".md") && !anchorsOf(read(aim)).has(anchor)) {
          broken.push(`${page}: ${target} (no such heading)`);
        }
      }
    }
    expect(broken).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });
});
