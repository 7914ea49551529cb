/** Times of the first and the last bar, both inclusive, in milliseconds since the Unix epoch. */
export interface TimeRange {
  readonly first: number;
  readonly last: number;
}
