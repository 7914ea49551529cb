import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stopStack } from '../cli/stop-stack.ts';
import { findProjectDir } from '../config/stack-config.ts';
import { endProcesses } from '../process/end-processes.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';
import { openStackHome } from '../state/stack-home.ts';
import { runNotes } from './test-run.ts';

/** Waits for the end of the process that started it, then clears away what its test run left: see startTestRun. */
const dir = process.argv[2];
if (!dir) throw new Error('usage: sweeper.ts <folder of the test run>');
await once(process.stdin.resume(), 'close');
try {
  for (const stateDir of notes(runNotes(dir).stackHomes)) await removeStackHome(stateDir);
  const processes = notes(runNotes(dir).processes).map((note) => JSON.parse(note) as ProcessIdentity);
  await endProcesses(processes);
} finally {
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
}

async function removeStackHome(stateDir: string): Promise<void> {
  if (!existsSync(stateDir)) return;
  process.env.TRADEBASE_STATE_DIR = stateDir;
  const projectDir = findProjectDir(import.meta.dirname);
  await stopStack(projectDir);
  rmSync(openStackHome(projectDir).postgresDir, { recursive: true, force: true });
}

function notes(folder: string): string[] {
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
}
