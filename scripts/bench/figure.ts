/** One measured number. `target` is what it should be at most, or at least for a rate. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: number;
  /** What to compare with: measured in the same run, unless its name says otherwise. */
  readonly peer?: string;
  readonly peer_value?: number;
}

/** How an area is measured. */
export interface BenchOptions {
  /** For a look: fewer samples and shorter runs, where that makes a difference. */
  readonly quick: boolean;
}

/** Value below which the share `p` of the samples lies. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
  if (value === undefined) throw new Error('no samples');
  return value;
}

/** Milliseconds that each of `count` runs takes, after `warmUp` that are not counted. */
export async function sample(count: number, warmUp: number, run: () => Promise<unknown> | unknown): Promise<number[]> {
  const samples: number[] = [];
  for (let i = -warmUp; i < count; i += 1) {
    const startedAt = performance.now();
    await run();
    if (i >= 0) samples.push(performance.now() - startedAt);
  }
  return samples;
}
