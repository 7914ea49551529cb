import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newPasswords, PostgresCluster } from '../src/postgres/cluster.ts';
import { chooseRunAs } from '../src/postgres/run-as.ts';
import { findFreePort } from '../src/process/port-in-use.ts';
import { removeSocketDir } from '../src/process/socket-dir.ts';
import { noteProcess } from '../src/testing/test-run.ts';

/** Where Postgres keeps its files, and who may put something there. */
const runAs = chooseRunAs();

async function start(dir: string): Promise<PostgresCluster> {
  const cluster = await PostgresCluster.start({
    dir,
    port: await findFreePort(),
    passwords: newPasswords(),
    durable: false,
  });
  noteProcess('postgres', cluster.pid);
  onTestFinished(() => cluster.stop());
  return cluster;
}

const newDir = () => mkdtempSync(join(tmpdir(), 'pg-'));
const modeOf = (path: string) => (lstatSync(path).mode & 0o777).toString(8);

describe("Postgres's folder", () => {
  test('belongs to who starts the stack, and only the data to whom Postgres runs as', async () => {
    const dir = newDir();
    await start(dir);
    const me = process.getuid?.();
    expect(lstatSync(dir).uid).toBe(me);
    expect(modeOf(dir)).toBe(runAs ? '711' : '700');
    for (const name of ['postgres.log', 'initialised']) expect(lstatSync(join(dir, name)).uid).toBe(me);
    expect(modeOf(join(dir, 'postgres.log'))).toBe('600');
    expect(lstatSync(join(dir, 'data')).uid).toBe(runAs?.uid ?? me);
    expect(modeOf(join(dir, 'data'))).toBe('700');
    expect(existsSync(join(dir, 'initdb.password'))).toBe(false);
  });

  test('is begun anew after a start that was cut short', async () => {
    const dir = newDir();
    mkdirSync(join(dir, 'data', 'base'), { recursive: true });
    writeFileSync(join(dir, 'initdb.password'), 'left behind');
    await start(dir);
    expect(existsSync(join(dir, 'initialised'))).toBe(true);
  });

  test('may be no link to a folder', async () => {
    const dir = join(newDir(), 'link');
    symlinkSync(newDir(), dir);
    await expect(start(dir)).rejects.toThrow(`${dir} is in the way: it must be a folder, and no link to one`);
  });

  test('overwrites no file that a link in it leads to', async () => {
    const [dir, victim] = [newDir(), join(newDir(), 'victim')];
    writeFileSync(victim, 'precious', { mode: 0o600 });
    symlinkSync(victim, join(dir, 'initdb.password'));
    await start(dir);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(lstatSync(victim).uid).toBe(process.getuid?.());
  });

  test.runIf(runAs)('is refused where it is that of another user, who could put links there', async () => {
    const dir = newDir();
    if (runAs) chownSync(dir, runAs.uid, runAs.gid);
    await expect(start(dir)).rejects.toThrow(`${dir} belongs to user ${runAs?.uid}, not to 0`);
  });
});

describe('the folder of sockets that a state file names', () => {
  test('is deleted where it can be one, and no other', () => {
    const ours = mkdtempSync(join(tmpdir(), 'tb-'));
    const home = mkdtempSync(join(tmpdir(), 'home-'));
    const deeper = join(home, 'tb-documents');
    mkdirSync(deeper);
    for (const dir of [ours, home, deeper, `${ours}/../${home.slice(tmpdir().length + 1)}`]) removeSocketDir(dir);
    expect([ours, home, deeper].map((dir) => existsSync(dir))).toEqual([false, true, true]);
  });
});
