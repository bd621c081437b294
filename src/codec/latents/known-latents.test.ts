/** What is known of a tile: densities of some sites, whether a network gave a whole map or these sites only. */
import { expect, it } from "vitest";
import { CounterRandom } from "../../engine/index.ts";
import { ArrayPool } from "../array-pool.ts";
import { KnownLatents } from "./known-latents.ts";

const [HEIGHT, WIDTH, CHANNELS, START] = [5, 6, 3, 2] as const;
const AREA = HEIGHT * WIDTH;

it.each([0, 1, null] as const)("gives the same densities for sites that were gathered before (parity %s)", (parity) => {
  const known = new KnownLatents(new Int8Array(START + CHANNELS), HEIGHT, WIDTH, new ArrayPool(2 ** 20));
  const data = new Float32Array(2 * CHANNELS * AREA);
  new CounterRandom(5).fillUniform(data, 0, 0, -1, 1);
  const sites = known.sites(parity);
  const { scales, means, places } = known.densities(data, START, sites);
  const expected = { scales: [...scales], means: [...means], places: [...places] };
  const gathered = known.gather({ data, shape: [1, 2 * CHANNELS, HEIGHT, WIDTH] }, sites);
  expect(gathered.shape).toEqual([1, 2 * CHANNELS, 1, sites.length]);
  const ofSites = known.densitiesOfSites(gathered.data, START, sites);
  expect({ scales: [...ofSites.scales], means: [...ofSites.means], places: [...ofSites.places] }).toEqual(expected);
  expect(expected.places.every((place) => place >= START * AREA && place < (START + CHANNELS) * AREA)).toBe(true);
});
