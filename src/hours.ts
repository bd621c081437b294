/** Hours, in which people plan training; clocks give milliseconds. */

/** Milliseconds of an hour. */
export const MS_PER_HOUR = 3_600_000;
