import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { binariesBelow, type PostgresBinaries } from './binaries.ts';

/** The user a child process runs as; absent where it is the user of this process. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** Postgres refuses to run as root. Root lends it the user `postgres`, or `nobody`, without creating one. */
export function chooseRunAs(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const entry = users.find(([user]) => user === name);
    if (entry) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Error('running as root needs a user "postgres" or "nobody" in /etc/passwd for Postgres to run as');
}

/**
 * Puts Postgres where the other user can reach it: node_modules may lie below a folder that only root may enter, as
 * every folder of `mktemp -d` is. Hard links cost nothing; across file systems the 60 MB are copied.
 */
export function exposeBinaries(binaries: PostgresBinaries, home: string): PostgresBinaries {
  if (!existsSync(join(home, 'bin'))) {
    try {
      linkTree(binaries.home, home);
    } catch {
      cpSync(binaries.home, home, { recursive: true, verbatimSymlinks: true, force: true });
    }
  }
  return binariesBelow(home, binaries);
}

function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o755 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isSymbolicLink()) cpSync(source, target, { verbatimSymlinks: true });
    else linkSync(source, target);
  }
}
