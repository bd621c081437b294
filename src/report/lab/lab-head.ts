/** What the report of the laboratory begins with. */
import type { ReportHead } from "../page.ts";

/** The head of the laboratory's report. */
export const LAB_REPORT_HEAD: ReportHead = {
  title: "Halfstep laboratory: what stands in for rounding",
  introduction: [
    "A learned codec rounds; rounding has no derivative; so training puts something else in its place. Two things decide whether that something is good. Mismatch: decoder and entropy model are fitted to it and then used on rounded values. Gradient risk: the bias and the variance of the gradient that the encoder receives. They pull against each other. This page measures both for every surrogate of this package.",
    "Every number and figure on it was computed for this page, by the same code that training runs. The symbol y~ is what a surrogate makes of a latent y, [y] is y rounded, J the derivative of y~, T the temperature; lengths are in quantization steps.",
  ],
};
