/** ISO 8601 of milliseconds since the Unix epoch. */
export function isoTime(ms = NaN): string {
  return new Date(ms).toISOString();
}

/** YYYY-MM-DD of days since 1970-01-01. */
export function isoDate(day: number): string {
  return isoTime(day * 86_400_000).slice(0, 10);
}
