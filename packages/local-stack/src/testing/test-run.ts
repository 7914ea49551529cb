import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identifyProcess } from '../process/process-identity.ts';

/** Folder of the test run that this process is part of. */
const RUN_VARIABLE = 'TRADEBASE_TEST_RUN';

/** Where a run notes what its end has to clear away. */
export function runNotes(dir: string): { processes: string; stackHomes: string } {
  return { processes: join(dir, 'processes'), stackHomes: join(dir, 'stack-homes') };
}

export interface TestRun {
  /** Ends what the run has left running, deletes its files, and resolves when that is done. */
  end(): Promise<void>;
}

/**
 * Makes one folder for all temporary files of this process and its children, and starts the sweeper, which clears up
 * when the run ends: in order, by Ctrl-C or killed. Vitest ends its workers with SIGKILL, so that they cannot.
 */
export async function startTestRun(): Promise<TestRun> {
  // Short, because the paths of sockets below it have at most 104 bytes.
  const dir = mkdtempSync(join(tmpdir(), 'tb-'));
  // Root's Postgres runs as another user, who has to get through to its folder; each folder below is closed by itself.
  chmodSync(dir, 0o711);
  for (const notes of Object.values(runNotes(dir))) mkdirSync(notes);
  const outer = { TMPDIR: process.env.TMPDIR, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
  process.env[RUN_VARIABLE] = dir;
  process.env.TMPDIR = dir;
  // Halves the time in which a program starts, and tests start a hundred.
  process.env.NODE_COMPILE_CACHE = join(dir, 'compiled');
  const sweeper = spawn(process.execPath, [join(import.meta.dirname, 'sweeper.ts'), dir], {
    // A group of its own, so that Ctrl-C does not reach it. The end of its stdin is what it waits for.
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const exited = once(sweeper, 'exit');
  return {
    end: async () => {
      delete process.env[RUN_VARIABLE];
      for (const [name, value] of Object.entries(outer)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      sweeper.stdin.end();
      await exited;
    },
  };
}

/** Has the sweeper end a process that its parent may not live to end. Does nothing outside a test run. */
export function noteProcess(name: string, pid: number | undefined): void {
  const run = process.env[RUN_VARIABLE];
  const identity = run && pid ? identifyProcess(name, pid) : undefined;
  if (run && identity) writeFileSync(join(runNotes(run).processes, `${pid}`), JSON.stringify(identity));
}

/** Has the sweeper stop the stack of a state folder, and delete its database. */
export function noteStackHome(stateDir: string): void {
  const run = process.env[RUN_VARIABLE];
  if (run) writeFileSync(join(runNotes(run).stackHomes, encodeURIComponent(stateDir)), stateDir);
}
