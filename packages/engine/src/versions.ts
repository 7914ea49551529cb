/** Version of the code that turns candles and a strategy into fills and equity; equal to the package's version. */
export const ENGINE_VERSION = '0.2.0';

/** Version of the formulas in `metrics/`; raised whenever one of them changes its value for any input. */
export const METRIC_VERSION = 2;
