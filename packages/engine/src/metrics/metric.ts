/** A number, or null with the reason why there is none: never a sentinel. */
export type Metric = { readonly value: number } | { readonly value: null; readonly reason: string };

export function defined(value: number): Metric {
  return { value };
}

export function undefinedBecause(reason: string): Metric {
  return { value: null, reason };
}

/** The metric in percent, or undefined as before. */
export function inPercent(metric: Metric): Metric {
  return metric.value === null ? metric : defined(100 * metric.value);
}

/**
 * Takes the values out of metrics by name, and notes in `reasons` why the others have none.
 *
 * @param prefix before the names in `reasons`, for metrics of a part: `long.`
 */
export function settle<Name extends string>(
  metrics: Record<Name, Metric>,
  reasons: Record<string, string>,
  prefix = '',
): Record<Name, number | null> {
  const values: Partial<Record<Name, number | null>> = {};
  for (const name in metrics) {
    const metric = metrics[name];
    // What a double cannot hold would not survive JSON, and is no value either.
    const settled =
      metric.value === null || Number.isFinite(metric.value)
        ? metric
        : undefinedBecause('the value is beyond the largest number');
    if (settled.value === null) reasons[prefix + name] = settled.reason;
    values[name] = settled.value;
  }
  return values as Record<Name, number | null>;
}

/**
 * Deviations of daily returns at or below this are rounding: a return is a ratio of equities minus 1, so its own error
 * is about one unit in the last place of 1. Dividing by such a deviation would give a huge ratio that means nothing.
 */
export const RETURN_ROUNDING = 4 * Number.EPSILON;
