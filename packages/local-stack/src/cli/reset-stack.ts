import { rmSync } from 'node:fs';
import { openStackHome } from '../state/stack-home.ts';
import { readRunningState } from '../state/stack-state.ts';
import { startInBackground } from './start-stack.ts';
import { stopStack } from './stop-stack.ts';

/** Deletes all state of the project's stack: database, keys, logs and reports; starts it anew where it was up. */
export async function resetStack(projectDir: string): Promise<number> {
  const home = openStackHome(projectDir);
  const wasUp = readRunningState(home.statePath) !== undefined;
  await stopStack(projectDir);
  rmSync(home.postgresDir, { recursive: true, force: true });
  rmSync(home.dir, { recursive: true, force: true });
  process.stdout.write('Deleted the database, the keys, and the reports.\n');
  return wasUp ? startInBackground(projectDir) : 0;
}
