import type { ParameterValues } from '@tradebase/contracts';

/** A trial as the analysis of a search sees it. */
export interface ScoredPoint {
  readonly values: ParameterValues;
  /** Larger is better; null where it failed or has no value. */
  readonly value: number | null;
}
