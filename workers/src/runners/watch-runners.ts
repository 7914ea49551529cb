import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../log.ts';
import { withAdvisoryLock } from '../with-advisory-lock.ts';
import { type RunnerSweep, sweepRunners } from './sweep-runners.ts';

/** Between two looks. Together with `runner.timeout_s` it says how long a runner can be gone unnoticed. */
const INTERVAL_MS = 2000;
/** There is one by this name in the database: of all workers one looks, and the next one takes over when it goes. */
const LOCK_NAME = 'watch of the runners';

export interface RunnerWatch {
  /** Looks no more; resolves when the look in hand is over. */
  stop(): Promise<void>;
}

/**
 * Looks every two seconds, in one worker at a time, for runners that have fallen silent and for commands whose time is over.
 * Errors are logged, and the next look is tried: without it, bots of a runner that is gone would seem to run.
 */
export function watchRunners(database: pg.Pool, log: Log): RunnerWatch {
  const stopping = new AbortController();
  const watching = keepWatching(database, log, stopping.signal);
  return {
    stop: () => {
      stopping.abort();
      return watching;
    },
  };
}

async function keepWatching(database: pg.Pool, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await withAdvisoryLock(database, LOCK_NAME, signal, async () => {
        while (!signal.aborted) {
          report(log, await sweepRunners(database, signal));
          await delay(INTERVAL_MS, undefined, { signal });
        }
      });
    } catch (error) {
      if (signal.aborted) return;
      log('warn', 'runners not watched', { error: error instanceof Error ? error.message : String(error) });
      // Woken early when it is to stop.
      await delay(INTERVAL_MS, undefined, { signal }).catch(() => {});
    }
  }
}

function report(log: Log, { halted, offline, expired }: RunnerSweep): void {
  if (halted > 0) log('info', 'emergency stop carried out', { users: halted });
  if (offline > 0) log('info', 'runners offline', { count: offline });
  if (expired > 0) log('info', 'commands expired', { count: expired });
}
