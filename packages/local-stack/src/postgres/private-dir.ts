import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import type { RunAs } from './run-as.ts';

/** Makes a folder that belongs to this process's user, closed to everyone else, or takes the one that is there. */
export function makePrivateDir(path: string): void {
  makeOwnDir(path, 0o700);
}

/**
 * The same, but others may walk through it to what is theirs below. They can make nothing in it, so that no file that
 * root writes there can be a link of theirs.
 */
export function makePassageDir(path: string): void {
  makeOwnDir(path, 0o711);
}

/** Makes the folder that a child process owns, empty; it must not be there. */
export function makeDirFor(path: string, { uid, gid }: RunAs): void {
  mkdirSync(path, { mode: 0o700 });
  chownSync(path, uid, gid);
}

/** Throws when the path is taken by something else: in /var/tmp anyone may have made it before. */
function makeOwnDir(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode });
  const found = lstatSync(path);
  const user = process.getuid?.();
  if (!found.isDirectory()) throw new Error(`${path} is in the way: it must be a folder, and no link to one`);
  if (user !== undefined && found.uid !== user) {
    throw new Error(`${path} belongs to user ${found.uid}, not to ${user}: "npm run stack -- reset" deletes it`);
  }
  chmodSync(path, mode);
}
