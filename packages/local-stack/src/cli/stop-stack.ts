import { setTimeout as delay } from 'node:timers/promises';
import { isRunning } from '../process/process-identity.ts';
import { openStackHome } from '../state/stack-home.ts';
import { endLeftovers, readRunningState } from '../state/stack-state.ts';

const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 20;

/** Asks the running stack to end and waits until it has; ends what a killed one left behind. */
export async function stopStack(projectDir: string): Promise<number> {
  const { statePath } = openStackHome(projectDir);
  const running = readRunningState(statePath);
  if (!running) {
    const ended = await endLeftovers(statePath);
    process.stdout.write(
      ended > 0 ? `The stack was killed before; ended ${ended} processes it left.\n` : 'The stack is not up.\n',
    );
    return 0;
  }
  process.kill(running.supervisor.pid, 'SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (isRunning(running.supervisor)) {
    if (Date.now() > deadline) throw new Error(`the stack (pid ${running.supervisor.pid}) does not stop: see its log`);
    await delay(POLL_MS);
  }
  process.stdout.write('Stopped.\n');
  return 0;
}
