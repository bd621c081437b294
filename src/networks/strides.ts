/** How much coarser the latents of all networks are than the image. Tiles, padding and halos are counted in these units. */

/** Rows, and columns, of the image for one of y. */
export const Y_STRIDE = 16;
/** Rows, and columns, of the image for one of z. */
export const Z_STRIDE = 64;
