import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess, isRunning, runsIn } from '../process/process-identity.ts';

const TIMEOUT_MS = 10_000;
const POLL_MS = 20;

/**
 * Ends a Postgres that outlived the process which started it on this folder, noted or not: one that was just being started
 * again when that process was killed is in no notes.
 */
export async function endLeftoverServer(dir: string): Promise<void> {
  const pidFile = join(dir, 'data', 'postmaster.pid');
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : 0;
  // Postgres removes a stale file by itself; a pid that now belongs to another program is not ours to end.
  const leftover = pid > 0 ? identifyProcess('postgres', pid) : undefined;
  if (!leftover || !runsIn(pid, join(dir, 'data'))) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + TIMEOUT_MS;
  while (isRunning(leftover)) {
    if (Date.now() > deadline) throw new Error(`a Postgres left running (pid ${pid}) does not stop: end it by hand`);
    await delay(POLL_MS);
  }
}
