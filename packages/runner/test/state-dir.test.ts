import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateDir } from '../src/sdk/state-dir.ts';

let dir: string;

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'state-')), 'runner');
});

afterEach(() => rm(dir, { recursive: true, force: true }));

describe('A state folder', () => {
  it('belongs to one process at a time', async () => {
    const first = await StateDir.open(dir);
    await expect(StateDir.open(dir)).rejects.toMatchObject({
      code: 'state_dir_in_use',
      message: expect.stringContaining(String(process.pid)),
      fix: expect.stringContaining('--state-dir'),
    });
    await first.close();
    const second = await StateDir.open(dir);
    await second.close();
  });

  it('is taken over from a process that is no more, by one of many that try', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    const first = await StateDir.open(dir);
    await first.close();
    await writeFile(join(dir, 'lock'), `${child.pid} 12345`);
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => StateDir.open(dir)));
    const winners = attempts.filter(({ status }) => status === 'fulfilled');
    expect(winners).toHaveLength(1);
    expect((await readdir(dir)).filter((name) => name.startsWith('lock'))).toEqual(['lock']);
  });

  it('is taken over from a process whose number another one has by now', async () => {
    const first = await StateDir.open(dir);
    await first.close();
    await writeFile(join(dir, 'lock'), `${process.pid} 1`);
    const second = await StateDir.open(dir);
    await second.close();
  });

  it('names the machine the same at every start, and is for its owner alone', async () => {
    const first = await StateDir.open(dir);
    const id = await first.machineId();
    await first.close();
    const second = await StateDir.open(dir);
    expect(await second.machineId()).toBe(id);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, 'machine-id'))).mode & 0o777).toBe(0o600);
    await second.close();
  });

  it('says what is wrong where it cannot be made', async () => {
    await writeFile(join(tmpdir(), 'not-a-folder'), '');
    await expect(StateDir.open(join(tmpdir(), 'not-a-folder', 'x'))).rejects.toMatchObject({
      code: 'state_dir_unusable',
    });
  });
});
