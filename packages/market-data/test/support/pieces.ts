const HEADER = 'ts,open,high,low,close,volume';

/** A candle file with the given rows. */
export function csvOf(rows: readonly string[]): string {
  return [HEADER, ...rows, ''].join('\n');
}

/** A text as a stream of pieces, cut at the given offsets. */
export async function* pieces(text: string, cuts: readonly number[] = []): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

/** A row of a daily bar. */
export function dailyRow(day: number, close = 10): string {
  const date = new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10);
  return `${date}T00:00:00Z,10,${Math.max(10, close)},${Math.min(10, close)},${close},${100 + day}`;
}

export function dailyRows(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => dailyRow(from + index));
}
