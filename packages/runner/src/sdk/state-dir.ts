import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunnerError } from './runner-error.ts';

const MOST_ATTEMPTS = 5;

/** A folder in which one process at a time keeps what must outlive it: what was not sent yet, and what was done. */
export class StateDir {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes the folder where there is none (mode 0700) and locks it. The lock of a process that is no more is taken.
   *
   * @throws RunnerError `state_dir_in_use`, `state_dir_unusable`
   */
  static async open(path: string): Promise<StateDir> {
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      await chmod(path, 0o700);
      await lock(path);
    } catch (error) {
      if (error instanceof RunnerError) throw error;
      throw unusable(path, error);
    }
    return new StateDir(path);
  }

  /** A folder within, made where there is none. */
  async folder(...names: string[]): Promise<string> {
    const path = join(this.path, ...names);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }

  /**
   * What identifies this machine to the server: the same at every start with this folder.
   *
   * @throws RunnerError `state_dir_unusable`
   */
  async machineId(): Promise<string> {
    const path = join(this.path, 'machine-id');
    const known = await readFile(path, 'utf8').catch(() => '');
    if (known !== '') return known;
    const id = randomUUID();
    try {
      // Under another name first: half of a name would be another machine.
      await writeFile(`${path}.next`, id, { mode: 0o600 });
      await rename(`${path}.next`, path);
    } catch (error) {
      throw unusable(this.path, error);
    }
    return id;
  }

  async close(): Promise<void> {
    await rm(join(this.path, 'lock'), { force: true });
  }
}

async function lock(path: string): Promise<void> {
  const file = join(path, 'lock');
  const own = join(path, `lock.${randomUUID()}`);
  await writeFile(own, `${process.pid} ${startOf(process.pid)}`, { mode: 0o600 });
  try {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      // A link appears whole or not at all, and is refused where there is a lock.
      const isTaken = await link(own, file).then(() => false, isExisting);
      if (!isTaken) return;
      const holder = await readFile(file, 'utf8').catch(() => null);
      if (holder === null) continue;
      if (isAlive(holder)) throw inUse(path, holder);
      await takeAway(path, file, holder);
    }
    throw inUse(path, 'another process');
  } finally {
    await rm(own, { force: true });
  }
}

/** Takes a dead holder's lock away; should another process have been quicker, what was taken is its lock, and is put back. */
async function takeAway(path: string, file: string, holder: string): Promise<void> {
  const aside = join(path, `lock.${randomUUID()}`);
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const taken = await readFile(aside, 'utf8');
  if (taken !== holder) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
  if (taken !== holder) throw inUse(path, taken);
}

function isAlive(holder: string): boolean {
  const [pid = '', start] = holder.split(' ');
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return startOf(Number(pid)) === start;
}

/** When a process began, in ticks since the machine did: its number may be another's by now. Empty where this is not known. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain anything; the start is the twentieth value behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function unusable(path: string, error: unknown): RunnerError {
  return new RunnerError('state_dir_unusable', `the state folder ${path} cannot be used: ${messageOf(error)}`, {
    fix: 'Choose a folder that this user may write to.',
    cause: error,
  });
}

function inUse(path: string, holder: string): RunnerError {
  return new RunnerError('state_dir_in_use', `process ${holder.split(' ')[0]} uses the state folder ${path}`, {
    fix: 'Stop that runner, or give this one a folder of its own with --state-dir.',
  });
}

function isExisting(error: unknown): true {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return true;
  throw error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
