/** A sentence about a field that nobody knows, with the one that was probably meant. */

/**
 * What is wrong with a field that is not known.
 * @param section dotted path of the object that holds it, "" for the top @param known the fields that it may have
 */
export function unknownField(section: string, key: string, known: readonly string[]): string {
  const nearest = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const isNear = nearest !== undefined && nearest.distance <= Math.max(2, key.length / 3);
  const hint = isNear ? ` (did you mean ${JSON.stringify(nearest.name)}?)` : "";
  const place = section === "" ? "" : `${section}: `;
  return `${place}got the unknown field ${JSON.stringify(key)}${hint}, expected one of ${known.join(", ")}`;
}

/** Levenshtein distance: insertions, deletions and replacements that turn one word into the other. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(previous[j]! + 1, current[j - 1]! + 1, replaced));
    }
    previous = current;
  }
  return previous[b.length]!;
}
