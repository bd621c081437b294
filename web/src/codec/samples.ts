/** The sample photographs of the project (samples/README.md). */
import brushesThumb from "../../../samples/brushes.png?thumb";
import brushes from "../../../samples/brushes.png?url";
import dandelionThumb from "../../../samples/dandelion.png?thumb";
import dandelion from "../../../samples/dandelion.png?url";
import dogsThumb from "../../../samples/dogs.png?thumb";
import dogs from "../../../samples/dogs.png?url";
import figThumb from "../../../samples/fig.png?thumb";
import fig from "../../../samples/fig.png?url";
import mountainsThumb from "../../../samples/mountains.png?thumb";
import mountains from "../../../samples/mountains.png?url";
import streamThumb from "../../../samples/stream.png?thumb";
import stream from "../../../samples/stream.png?url";

/** A photograph that the page offers. */
export interface Sample {
  readonly name: string;
  /** Who took it, and what may be done with it. */
  readonly credit: string;
  readonly address: string;
  readonly thumb: string;
}

/** The photographs. The page begins with the first. */
export const SAMPLES: readonly Sample[] = [
  { name: "mountains", credit: "Aitzol Berasategi, CC BY 4.0", address: mountains, thumb: mountainsThumb },
  { name: "dogs", credit: "Aitzol Berasategi, CC BY 4.0", address: dogs, thumb: dogsThumb },
  { name: "fig", credit: "Trevor “Freespace”, CC BY 4.0", address: fig, thumb: figThumb },
  { name: "dandelion", credit: "Clemens Engelhardt, CC0 1.0", address: dandelion, thumb: dandelionThumb },
  { name: "brushes", credit: "Trevor “Freespace”, CC BY 4.0", address: brushes, thumb: brushesThumb },
  { name: "stream", credit: "Aitzol Berasategi, CC BY 4.0", address: stream, thumb: streamThumb },
];
