/** What a predicted mean receives of the distortion's gradient, with the partial stop-gradient off and in its two forms. */
import type { JSX } from "preact";
import { Scrolls } from "../shell/scrolls.tsx";
import { choice, labWorker, useAnswer } from "./lab-state.ts";

const WORDS = {
  off: "no stop",
  P1: "P1: nothing reaches the mean",
  P2: "P2: the added mean gets all",
} as const;

/** The study. */
export function MeanStudy(): JSX.Element {
  const chosen = choice.value;
  const { value: means, problem } = useAnswer(JSON.stringify(chosen), () => labWorker("quick").means(chosen));
  return (
    <section class="study" aria-labelledby="mean-title">
      <h2 id="mean-title">The mean’s gradient</h2>
      <p>
        When y − μ is quantized and μ added again, the distortion’s gradient reaches μ with the factor 1 − J: nothing
        for additive noise, pure noise for a slope that is random. The partial stop-gradient (both forms are our
        reconstruction) cuts that path.
      </p>
      {problem !== null && <p class="notice">{problem}</p>}
      {means !== null && (
        <Scrolls label="Table of gradients">
          <table class="plain" aria-label="Gradient of the mean">
            <thead>
              <tr>
                <th scope="col">{chosen.name}, squared distance</th>
                <th scope="col">mean</th>
                <th scope="col">variance</th>
                <th scope="col">95 % of it</th>
              </tr>
            </thead>
            <tbody>
              {means.map(({ stop, mean, variance }) => (
                <tr key={stop}>
                  <th scope="row">{WORDS[stop]}</th>
                  <td>{mean.value.toFixed(3)}</td>
                  <td>{variance.value.toPrecision(3)}</td>
                  <td>
                    {variance.low.toPrecision(3)} to {variance.high.toPrecision(3)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolls>
      )}
    </section>
  );
}
