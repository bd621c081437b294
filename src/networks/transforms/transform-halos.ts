/** How far a pair of transforms looks around itself; see `Halos` of a network for what the numbers mean. */

/** The part of `Halos` that belongs to ga and gs. */
export interface TransformHalos {
  /** Pixels of the image, for an element of y. */
  readonly analysis: number;
  /** Elements of y, for the 16 x 16 pixels over it. */
  readonly synthesis: number;
}
