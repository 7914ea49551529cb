import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunnerCommand } from '@tradebase/contracts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandJournal } from '../src/sdk/command-journal.ts';
import { CommandQueue } from '../src/sdk/command-queue.ts';

const ping = (seq: number): RunnerCommand => ({
  seq,
  attempt: 1,
  expires_at: '2100-01-01T00:00:00Z',
  type: 'ping',
  bot_id: null,
  payload: {},
});

/** Carries out what is due, and returns the numbers. */
function drain(queue: CommandQueue<RunnerCommand>): number[] {
  const done: number[] = [];
  for (let command = queue.due(); command; command = queue.due()) {
    done.push(command.seq);
    queue.settle(command.seq);
  }
  return done;
}

describe('A queue of commands', () => {
  it('gives each command once and in order, however they arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 }), (arrivals) => {
        const queue = new CommandQueue<RunnerCommand>(0);
        const all = [...arrivals, ...Array.from({ length: 12 }, (_, n) => n + 1)];
        const done = new Set<number>();
        const order: number[] = [];
        for (const seq of all) {
          // What was done is not put in again: the journal knows it.
          if (!done.has(seq)) queue.add([ping(seq)]);
          for (const each of drain(queue)) {
            done.add(each);
            order.push(each);
          }
        }
        expect(order).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
      }),
    );
  });

  it('waits for a command that is missing, until the server has listed all that are open', () => {
    const queue = new CommandQueue<RunnerCommand>(3);
    queue.add([ping(6)]);
    expect(queue.due()).toBeUndefined();
    expect(queue.hasGap).toBe(true);
    queue.addAllOpen([ping(5), ping(6)]);
    expect(drain(queue)).toEqual([5, 6]);
    expect(queue.hasGap).toBe(false);
  });

  it('gives a command that was done before and is delivered again, so that it can be acknowledged again', () => {
    const queue = new CommandQueue<RunnerCommand>(5);
    queue.add([ping(4)]);
    expect(drain(queue)).toEqual([4]);
    queue.add([ping(6)]);
    expect(drain(queue)).toEqual([6]);
  });
});

describe('A journal of commands', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'journal-'));
  });

  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('knows after a restart what was carried out, and how it ended', async () => {
    const before = await CommandJournal.open(dir, 'always');
    await before.record(1, null);
    await before.record(2, { code: 'live_not_supported', message: 'no' });
    await before.close();
    const after = await CommandJournal.open(dir, 'always');
    expect(after.outcomeOf(1)).toMatchObject({ error: null });
    expect(after.outcomeOf(2)).toMatchObject({ error: { code: 'live_not_supported', message: 'no' } });
    expect(after.outcomeOf(3)).toBeUndefined();
    expect(after.lastSeq).toBe(2);
    await after.close();
  });

  it('forgets only a record that was being written, wherever a crash cuts the file', async () => {
    const before = await CommandJournal.open(dir, 'never');
    await before.record(1, null);
    await before.record(2, null);
    await before.close();
    const path = join(dir, 'commands.log');
    const whole = await readFile(path);
    const firstEnd = whole.indexOf(0x0a) + 1;
    for (let length = 0; length < whole.length; length += 1) {
      await writeFile(path, whole.subarray(0, length));
      const cut = await CommandJournal.open(dir, 'never');
      expect(cut.lastSeq).toBe(length >= firstEnd ? 1 : 0);
      await cut.close();
    }
  });

  it('keeps the latest of many', async () => {
    const journal = await CommandJournal.open(dir, 'never');
    for (let seq = 1; seq <= 4100; seq += 1) await journal.record(seq, null);
    await journal.close();
    const after = await CommandJournal.open(dir, 'never');
    expect(after.outcomeOf(4100)).toBeDefined();
    expect(after.outcomeOf(1)).toBeUndefined();
    expect((await readFile(join(dir, 'commands.log'))).length).toBeLessThan(200_000);
    await after.close();
  });
});
