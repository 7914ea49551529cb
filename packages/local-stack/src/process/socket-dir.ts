import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/** Short, because a socket's path has at most 104 bytes. */
const PREFIX = 'tb-';

/** Makes a folder for the sockets of one stack's services, closed to other users. */
export function makeSocketDir(): string {
  return mkdtempSync(join(tmpdir(), PREFIX));
}

/** Deletes such a folder. Leaves any other alone: the path may come from a file. */
export function removeSocketDir(dir: string): void {
  const isOurs = dirname(resolve(dir)) === resolve(tmpdir()) && basename(dir).startsWith(PREFIX);
  if (isOurs) rmSync(dir, { recursive: true, force: true });
}
