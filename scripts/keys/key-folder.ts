import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { privateKeyPath } from '../../workers/src/credentials/private-keys.ts';
import { KeyError } from './key-error.ts';
import type { KeyPair } from './make-key-pair.ts';

/** Permissions of everyone but the owner. */
const OTHERS = 0o077;

/** Writes a private key into the folder, which is made if absent, so that only its user can read it. Returns its path. */
export function savePrivateKey(dir: string, { fingerprint, privateKey }: KeyPair): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (statSync(dir).mode & OTHERS) throw new KeyError(`others may look into ${dir}: chmod 700`);
  const path = privateKeyPath(dir, fingerprint);
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, privateKey);
    // On the disk before anything is encrypted to it.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return path;
}

export function hasPrivateKey(dir: string, fingerprint: string): boolean {
  return existsSync(privateKeyPath(dir, fingerprint));
}

/** Deletes a private key; one that is not there is fine. Returns whether it was. */
export function deletePrivateKey(dir: string, fingerprint: string): boolean {
  const existed = hasPrivateKey(dir, fingerprint);
  rmSync(privateKeyPath(dir, fingerprint), { force: true });
  return existed;
}
