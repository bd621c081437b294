/** What surrogates make of a latent: samples of y~ against y, one small picture for each. */
import { CounterRandom } from "../../engine/index.ts";
import { squaredDistance } from "../../lab/surrogate/point-loss.ts";
import { type StudiedSurrogate, sampleSurrogate, studyName } from "../../lab/surrogate/studied-surrogate.ts";
import { type Chart, rounded } from "../chart.ts";

const SAMPLES = 300;
const REACH = 1.5;
const SEED = 5;
const SIDE = 150;

/** The chart. The samples of all surrogates share latents and noise. */
export function valueChart(studies: readonly StudiedSurrogate[]): Chart {
  const random = new CounterRandom(SEED);
  const drawn = (stream: number, reach: number): Float64Array => {
    const out = new Float32Array(SAMPLES);
    random.fillUniform(out, 0, stream, -reach, reach);
    return Float64Array.from(out);
  };
  const latents = drawn(0, REACH);
  const [noise, second] = [drawn(1, 0.5), drawn(2, 0.5)];
  const axis = { values: [-1, 0, 1], title: null, grid: true };
  const scale = { domain: [-2, 2], nice: false };
  // Rounding as stairs: each cell from its lower to its upper edge.
  const step = [-1, 0, 1].flatMap((k) => [-0.5, 0.5].map((half) => ({ x: k + half, y: k, order: k + half / 2 })));
  return {
    name: "surrogate-values",
    description: `Samples of the value that each surrogate gives, for latents from -${REACH} to ${REACH}.`,
    spec: {
      title: {
        text: "What each surrogate makes of a latent",
        subtitle: `${SAMPLES} samples of y~ (up) against y (across), in steps; line: rounding`,
      },
      columns: 5,
      spacing: 20,
      concat: studies.map((study) => {
        const { values } = sampleSurrogate(study, latents, noise, squaredDistance(0), second);
        return {
          title: { text: studyName(study), fontSize: 11.5, offset: 4 },
          width: SIDE,
          height: SIDE,
          layer: [
            {
              data: { values: step },
              mark: { type: "line", aria: false, color: "#888888", strokeWidth: 1 },
              encoding: {
                x: { field: "x", type: "quantitative", scale, axis },
                y: { field: "y", type: "quantitative", scale, axis },
                order: { field: "order", type: "quantitative" },
              },
            },
            {
              data: {
                values: Array.from(latents, (y, i) => ({ x: rounded(y, 3), y: rounded(values[i]!, 3) })),
              },
              mark: { type: "point", aria: false, filled: true, size: 7, color: "#0072b2", opacity: 0.75, clip: true },
              encoding: {
                x: { field: "x", type: "quantitative", scale, axis },
                y: { field: "y", type: "quantitative", scale, axis },
              },
            },
          ],
        };
      }),
    },
  };
}
