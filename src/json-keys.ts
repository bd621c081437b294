/**
 * Finds keys that occur twice in one object of a JSON text. JSON.parse silently keeps the last of them, so that a strict
 * reader has to look at the text itself.
 */

/**
 * The first key that an object of the text holds twice, or undefined. Keys are compared after resolving escapes.
 * @param text JSON that JSON.parse has accepted; anything else gives a meaningless answer.
 */
export function findDuplicateJsonKey(text: string): string | undefined {
  const keysOfOpenObjects: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "{") keysOfOpenObjects.push(new Set());
    else if (character === "[") keysOfOpenObjects.push(undefined);
    else if (character === "}" || character === "]") keysOfOpenObjects.pop();
    else if (character === '"') {
      const start = i;
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === "\\") i++;
      let next = i + 1;
      while (/\s/.test(text[next] ?? "")) next++;
      if (text[next] === ":") {
        const key = JSON.parse(text.slice(start, i + 1)) as string;
        const keys = keysOfOpenObjects.at(-1);
        if (keys?.has(key)) return key;
        keys?.add(key);
      }
    }
  }
  return undefined;
}
