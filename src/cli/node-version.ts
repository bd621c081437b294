/** Whether this version of Node is new enough. package.json ("engines") tells npm the same. It imports nothing, because it must run on any Node. */

/** The oldest version of Node: major and minor. */
const OLDEST: readonly [number, number] = [20, 19];

/** What is wrong with a version such as "18.20.4", in one sentence; null if it is new enough. */
export function nodeProblem(version: string): string | null {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return null;
  return `got Node ${version}, expected ${OLDEST.join(".")} or newer; install a newer Node`;
}
