import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newStackKeys, type StackKeys } from '../config/stack-keys.ts';

/** Where a persistent stack keeps its state. */
export interface StackHome {
  /** `.tradebase` in the project folder, or TRADEBASE_STATE_DIR: keys, running state, logs, reports. */
  readonly dir: string;
  /** Folder of the Postgres server. */
  readonly postgresDir: string;
  readonly statePath: string;
  readonly logPath: string;
}

/** Marks a folder as the stack's own, which `reset` may delete with all that is in it. */
const MARKER = '.local-stack';
const MARKER_TEXT = "State of Tradebase's local stack. `npm run stack -- reset` deletes this folder.\n";

/**
 * Finds or makes the state folder of a project; throws when TRADEBASE_STATE_DIR names a folder of something else. Root's
 * Postgres runs as another user, who may not be able to enter the project folder: its data lies in /var/tmp then, below a
 * random name that the project folder remembers.
 */
export function openStackHome(projectDir: string): StackHome {
  const ownDir = join(projectDir, '.tradebase');
  const dir = process.env.TRADEBASE_STATE_DIR ?? ownDir;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  markAsOurs(dir, resolve(dir) === resolve(ownDir));
  return {
    dir,
    postgresDir: process.getuid?.() === 0 ? join('/var/tmp', `tradebase-${instanceId(dir)}`) : join(dir, 'postgres'),
    statePath: join(dir, 'stack.json'),
    logPath: join(dir, 'stack.log'),
  };
}

/** Puts the marker into a new folder. Throws when the folder holds something else, unless its place makes it ours. */
function markAsOurs(dir: string, isOurPlace: boolean): void {
  const entries = readdirSync(dir);
  if (entries.includes(MARKER)) return;
  if (entries.length > 0 && !isOurPlace) {
    throw new Error(
      `${dir} is not a state folder of the local stack: let TRADEBASE_STATE_DIR name one, or a new or empty folder`,
    );
  }
  writeFileSync(join(dir, MARKER), MARKER_TEXT);
}

/** The stack's keys: made at its first start, then always the same. */
export async function loadStackKeys({ dir }: StackHome): Promise<StackKeys> {
  const path = join(dir, 'keys.json');
  if (existsSync(path)) {
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as StackKeys;
    } catch (error) {
      throw new Error(
        `cannot read ${path} (${error}); "npm run stack -- reset" makes a new one with an empty database`,
      );
    }
  }
  const keys = await newStackKeys();
  // Written aside and renamed, so that a kill leaves either no file or a whole one.
  writeFileSync(`${path}.new`, JSON.stringify(keys, null, 2), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return keys;
}

function instanceId(dir: string): string {
  const path = join(dir, 'instance');
  if (!existsSync(path)) writeFileSync(path, `${randomBytes(6).toString('hex')}\n`, { mode: 0o600 });
  const id = readFileSync(path, 'utf8').trim();
  if (!/^[0-9a-f]{12}$/.test(id)) throw new Error(`${path} is damaged: delete the folder ${dir}`);
  return id;
}
