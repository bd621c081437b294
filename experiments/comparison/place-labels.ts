/** Places for the labels of points that lie close together, so that none covers another. */

/** A point, in pixels from the left and from the top. */
export interface PixelPoint {
  readonly x: number;
  readonly y: number;
}

/** Pixels from one line of labels to the next. */
const LINE = 12;
/** Pixels from a point to the label beside it, and from a crowd of points to the labels of all of them. */
const [BESIDE, BESIDE_CROWD] = [9, 22];

/** Points whose labels stand below one another: indexes from top to bottom. */
interface Crowd {
  readonly members: readonly number[];
  /** Of the labels. */
  readonly middle: number;
}

/**
 * Each label stands to the right of its point. Labels that would touch stand in a column to the right of all their points, in the order of the
 * points' heights.
 *
 * @param height of the panel in pixels; labels stand above its lower edge
 * @returns the left end of the middle line of each label
 */
export function placeLabels(points: readonly PixelPoint[], height: number): readonly PixelPoint[] {
  const yOf = (index: number): number => points[index]!.y;
  const crowdOf = (members: readonly number[]): Crowd => ({
    members,
    middle: members.reduce((sum, index) => sum + yOf(index), 0) / members.length,
  });
  const half = ({ members }: Crowd): number => (members.length * LINE) / 2;
  const crowds: Crowd[] = [];
  for (const index of [...points.keys()].sort((a, b) => yOf(a) - yOf(b))) {
    let crowd = crowdOf([index]);
    for (let above = crowds.at(-1); above !== undefined; above = crowds.at(-1)) {
      if (above.middle + half(above) <= crowd.middle - half(crowd)) break;
      crowds.pop();
      crowd = crowdOf([...above.members, ...crowd.members]);
    }
    crowds.push(crowd);
  }
  const places: PixelPoint[] = [];
  for (const { members, middle } of crowds) {
    const x = Math.max(...members.map((index) => points[index]!.x)) + (members.length === 1 ? BESIDE : BESIDE_CROWD);
    const top = middle - ((members.length - 1) * LINE) / 2;
    for (const [line, index] of members.entries()) places[index] = { x, y: top + line * LINE };
  }
  let lowest = height - LINE / 2;
  for (const index of crowds.flatMap(({ members }) => members).reverse()) {
    const { x, y } = places[index]!;
    places[index] = { x, y: Math.min(y, lowest) };
    lowest = Math.min(y, lowest) - LINE;
  }
  return places;
}
