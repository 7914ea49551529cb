import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

const TIMEOUT_MS = 10_000;
const POLL_MS = 20;

/** Ends processes that outlived the one which started them, gently first; resolves when they are gone. */
export async function endProcesses(processes: readonly ProcessIdentity[]): Promise<void> {
  // SIGINT is Postgres's fast shutdown, and ends the others too.
  signal(processes, 'SIGINT');
  const deadline = Date.now() + TIMEOUT_MS;
  while (processes.some(isRunning)) {
    if (Date.now() > deadline) signal(processes, 'SIGKILL');
    await delay(POLL_MS);
  }
}

function signal(processes: readonly ProcessIdentity[], name: NodeJS.Signals): void {
  for (const { pid } of processes.filter(isRunning)) {
    try {
      process.kill(pid, name);
    } catch (error) {
      // It may end between the look and the signal.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
