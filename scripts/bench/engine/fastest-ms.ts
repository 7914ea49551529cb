/**
 * Milliseconds of the fastest run: what the code takes when nothing else runs. A mean would measure the machine's other
 * work, too.
 *
 * @param most runs, fewer where they take more than `budget_ms` together
 */
export function fastestMs(run: () => unknown, { most = 60, budget_ms = 4000 } = {}): number {
  let fastest = Infinity;
  const end = performance.now() + budget_ms;
  for (let i = 0; i < most && (i < 3 || performance.now() < end); i += 1) {
    const startedAt = performance.now();
    run();
    fastest = Math.min(fastest, performance.now() - startedAt);
  }
  return fastest;
}

/** Nanoseconds of one of `count` steps that take so many milliseconds together. */
export function nsEach(ms: number, count: number): number {
  return (ms * 1e6) / count;
}
