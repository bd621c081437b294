/** Text without meaning: words made of syllables, some common short words, numbers, lines of a program. */
import type { Dice } from "./dice.ts";

const ONSETS = [
  "b",
  "c",
  "d",
  "f",
  "g",
  "h",
  "k",
  "l",
  "m",
  "n",
  "p",
  "r",
  "s",
  "t",
  "v",
  "w",
  "st",
  "tr",
  "ch",
  "pl",
  "sh",
  "",
];
const VOWELS = ["a", "e", "i", "o", "u", "ea", "ou", "ai", "io", "y"];
const ENDINGS = ["", "", "n", "r", "s", "t", "l", "ng", "nd", "st", "m", "ck"];
const COMMON = "the of and to in a is it that for on was as with at be by this from or an but not are".split(" ");
const KEYWORDS = ["const", "let", "return", "if", "for", "while", "import", "export", "function", "class", "new"];

/** One word in small letters. */
export function word(dice: Dice): string {
  if (dice.chance(0.35)) return dice.pick(COMMON);
  let text = "";
  for (let syllables = dice.integer(1, 3); syllables > 0; syllables--) text += dice.pick(ONSETS) + dice.pick(VOWELS);
  return text + dice.pick(ENDINGS);
}

/** A word with a capital. */
export function capitalWord(dice: Dice): string {
  const text = word(dice);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Some words, the first with a capital. */
export function phrase(dice: Dice, most: number): string {
  const words = [capitalWord(dice)];
  for (let i = dice.integer(0, most - 1); i > 0; i--) words.push(dice.chance(0.1) ? capitalWord(dice) : word(dice));
  return words.join(" ");
}

/** A number as tables show it: whole, with decimals, a percentage, a sum of money, a date. */
export function number(dice: Dice): string {
  switch (dice.integer(0, 5)) {
    case 0:
      return String(dice.integer(0, 9999));
    case 1:
      return (dice.fraction() * 1000).toFixed(2);
    case 2:
      return `${dice.integer(0, 100)}%`;
    case 3:
      return `€${dice.integer(1, 999)},${String(dice.integer(0, 999)).padStart(3, "0")}`;
    case 4:
      return `${2000 + dice.integer(0, 40)}-${String(dice.integer(1, 12)).padStart(2, "0")}-${String(dice.integer(1, 28)).padStart(2, "0")}`;
    default:
      return `-${(dice.fraction() * 10).toFixed(3)}`;
  }
}

/** Sentences without end: one word at a time, with marks between them. */
export function runningWord(dice: Dice): string {
  const text = dice.chance(0.12) ? capitalWord(dice) : dice.chance(0.05) ? number(dice) : word(dice);
  return text + (dice.chance(0.08) ? "." : dice.chance(0.08) ? "," : "");
}

/** A word of a program and what kind it is, for its colour. */
export interface CodeWord {
  readonly text: string;
  readonly kind: "keyword" | "name" | "number" | "string" | "mark" | "comment";
}

/** One line of a program, without its indentation. */
export function codeLine(dice: Dice): readonly CodeWord[] {
  if (dice.chance(0.12)) return [{ text: `// ${phrase(dice, 6)}`, kind: "comment" }];
  if (dice.chance(0.12)) return [{ text: dice.pick(["}", "});", "};", "} else {"]), kind: "mark" }];
  const words: CodeWord[] = [];
  const add = (kind: CodeWord["kind"], text: string): unknown => words.push({ kind, text });
  if (dice.chance(0.6)) add("keyword", `${dice.pick(KEYWORDS)} `);
  add("name", word(dice) + (dice.chance(0.3) ? capitalWord(dice) : ""));
  for (let i = dice.integer(0, 3); i > 0; i--) {
    add("mark", dice.pick([" = ", ".", "(", " + ", " => ", ", ", ": ", " === "]));
    const kind = dice.fraction();
    if (kind < 0.2) add("number", String(dice.integer(0, 512)));
    else if (kind < 0.36) add("string", `"${word(dice)}"`);
    else add("name", word(dice));
  }
  add("mark", dice.pick([";", ");", " {", ",", "()"]));
  return words;
}
