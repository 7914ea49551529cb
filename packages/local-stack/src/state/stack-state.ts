import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { endProcesses } from '../process/end-processes.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from '../process/process-identity.ts';
import { removeSocketDir } from '../process/socket-dir.ts';

/** What a running stack tells other processes about itself. */
export interface StackState {
  readonly supervisor: ProcessIdentity;
  /** Processes to end when the supervisor could not. */
  readonly children: readonly ProcessIdentity[];
  /** Folder to delete when the supervisor could not. */
  readonly socketDir?: string;
  readonly ready: boolean;
  readonly apiUrl: string;
  readonly databaseUrl: string;
}

/** Another process has this project's stack up, or is starting it. */
export class StackAlreadyUpError extends Error {
  readonly code = 'stack_already_up';
  readonly state: StackState;

  constructor(state: StackState) {
    super(`the stack is already ${state.ready ? 'up' : 'starting'} (pid ${state.supervisor.pid}) at ${state.apiUrl}`);
    this.state = state;
  }
}

/** The running stack of a state file, or undefined when there is none or its supervisor is gone. */
export function readRunningState(path: string): StackState | undefined {
  const state = readState(path);
  return state && isRunning(state.supervisor) ? state : undefined;
}

/**
 * Takes the state file for this process. Throws StackAlreadyUpError when its owner runs; when the owner was killed, ends
 * what it left running first.
 */
export async function claimState(path: string, urls: { apiUrl: string; databaseUrl: string }): Promise<void> {
  const supervisor = identifyProcess('supervisor', process.pid);
  if (!supervisor) throw new Error('cannot identify this process');
  const state: StackState = { supervisor, children: [], ready: false, ...urls };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (createWhole(path, JSON.stringify(state))) return;
    const previous = readState(path);
    if (previous && isRunning(previous.supervisor)) throw new StackAlreadyUpError(previous);
    if (previous) await clearUpAfter(previous);
    rmSync(path, { force: true });
  }
  throw new Error(`${path} keeps coming back: is another start under way?`);
}

/** Creates a file with its content in one step; false when it exists. A kill leaves no half-written file. */
function createWhole(path: string, content: string): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Changes what the state file says; only its owner may. */
export function updateState(path: string, change: Partial<StackState>): void {
  const state = readState(path);
  if (state?.supervisor.pid !== process.pid) return;
  writeFileSync(`${path}.new`, JSON.stringify({ ...state, ...change }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Gives the state file up. */
export function releaseState(path: string): void {
  if (readState(path)?.supervisor.pid === process.pid) rmSync(path, { force: true });
}

/** Ends what a killed supervisor left running; tells how many processes that were. */
export async function endLeftovers(path: string): Promise<number> {
  const state = readState(path);
  if (!state || isRunning(state.supervisor)) return 0;
  const leftovers = state.children.filter(isRunning);
  await clearUpAfter(state);
  rmSync(path, { force: true });
  return leftovers.length;
}

/** Does what a supervisor that was killed could not do any more. */
async function clearUpAfter({ children, socketDir }: StackState): Promise<void> {
  await endProcesses(children);
  if (socketDir !== undefined) removeSocketDir(socketDir);
}

function readState(path: string): StackState | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as StackState;
  } catch {
    return undefined; // absent
  }
}
