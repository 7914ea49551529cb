/** Bars that are computed at a time: few enough for the columns of a block to stay in the nearest caches. */
export const BLOCK_BARS = 4096;
