import { describe, expect, it } from "vitest";
import { ArrayPool } from "../array-pool.ts";
import { FeatureMap } from "./feature-map.ts";
import { MapRows } from "./map-rows.ts";

const [HEIGHT, WIDTH] = [10, 5];
/** Areas of four rows, and one of two. The first lacks the last channel. */
const AREAS = [0, 4, 8].map((top) => ({ top, left: 0, height: Math.min(4, HEIGHT - top), width: WIDTH }));

const valueAt = (channel: number, row: number, column: number): number => 100 * channel + 10 * row + column;

/** A map whose value at a place says where the place is, and the areas that were made of it. */
function counted() {
  const made: number[] = [];
  const map = new MapRows({
    height: HEIGHT,
    width: WIDTH,
    areas: AREAS,
    pool: new ArrayPool(0),
    async make(index) {
      made.push(index);
      const { top, height } = AREAS[index]!;
      const area = new FeatureMap(index === 0 ? 1 : 2, height, WIDTH);
      for (let i = 0; i < area.data.length; i++) {
        const [channel, place] = [Math.floor(i / (height * WIDTH)), i % (height * WIDTH)];
        area.data[i] = valueAt(channel, top + Math.floor(place / WIDTH), place % WIDTH);
      }
      return area;
    },
  });
  return { map, made };
}

describe("MapRows", () => {
  it("makes an area when a rectangle touches it, once, and copies rectangles across areas", async () => {
    const { map, made } = counted();
    const rectangle = { top: 3, left: 1, height: 4, width: 3 };
    const read = () => map.use(rectangle, async ({ data, shape }) => ({ values: [...data], shape }));
    const { values, shape } = await read();
    expect(made).toEqual([0, 1]);
    expect(shape).toEqual([1, 2, 4, 3]);
    const expected = [0, 1].flatMap((channel) =>
      [3, 4, 5, 6].flatMap((row) =>
        // Row 3 is of the area without a second channel: it is 0 there.
        [1, 2, 3].map((column) => (channel === 1 && row === 3 ? 0 : valueAt(channel, row, column))),
      ),
    );
    expect(values).toEqual(expected);
    expect((await read()).values).toEqual(expected);
    expect(made).toEqual([0, 1]);
  });

  it("lends a whole area without copying it, and frees it when it is forgotten", async () => {
    const { map } = counted();
    const lend = () => map.use(AREAS[0]!, async ({ data }) => data);
    const data = await lend();
    expect(await lend()).toBe(data);
    await map.through(HEIGHT);
    map.forgetAbove(3);
    expect(await lend()).toBe(data);
    map.forgetAbove(4);
    await expect(lend()).rejects.toThrow(/forgotten/);
  });

  it("gives all of a map whose areas have equally many channels", async () => {
    const areas = AREAS.slice(1).map((area) => ({ ...area, top: area.top - 4 }));
    const make = async (index: number) => new FeatureMap(1, areas[index]!.height, WIDTH, fillOf(index));
    const fillOf = (index: number) => new Float32Array(areas[index]!.height * WIDTH).fill(index + 1);
    const map = new MapRows({ height: 6, width: WIDTH, areas, make, pool: new ArrayPool(0) });
    const { data } = await map.whole();
    expect([...data]).toEqual([...new Array(20).fill(1), ...new Array(10).fill(2)]);
  });
});
