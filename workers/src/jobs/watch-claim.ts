import type { Log } from '../log.ts';

/** How often progress is written, and a cancellation noticed. */
const INTERVAL_MS = 500;

export interface ClaimWatch {
  /** Aborts when the job is to stop: the worker does, or what it works on is no longer this worker's. */
  readonly signal: AbortSignal;
  end(): void;
}

/**
 * Asks twice a second whether what a job works on is still this worker's, writing its progress with it.
 *
 * @param report false when it was cancelled, deleted or claimed anew. One that fails is asked again
 */
export function watchClaim(runSignal: AbortSignal, log: Log, report: () => Promise<boolean>): ClaimWatch {
  const lost = new AbortController();
  let asking = false;
  const timer = setInterval(async () => {
    if (asking) return;
    asking = true;
    try {
      if (!(await report())) lost.abort();
    } catch (error) {
      log('warn', 'progress not written', { error: error instanceof Error ? error.message : String(error) });
    } finally {
      asking = false;
    }
  }, INTERVAL_MS);
  return { signal: AbortSignal.any([runSignal, lost.signal]), end: () => clearInterval(timer) };
}
