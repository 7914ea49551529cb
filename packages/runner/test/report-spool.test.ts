import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ReportItem } from '@tradebase/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReportSpool, type ReportSpoolOptions } from '../src/sdk/report-spool.ts';

/** What a runner did and the server does not know yet: real files, cut off wherever a crash may cut them. */
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spool-'));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

const AT = '2024-01-02T00:00:00Z';
const open = (options: ReportSpoolOptions = {}) => ReportSpool.open(dir, { sync: 'never', ...options });
const file = () => join(dir, 'reports.log');
const seqs = (spool: ReportSpool) => spool.pending.map(({ seq }) => seq);

function log(message: string, level: 'DEBUG' | 'INFO' | 'ERROR' = 'INFO'): ReportItem {
  return { kind: 'log', level, message, at: AT };
}

function fill(n: number): ReportItem {
  return {
    kind: 'fill',
    external_id: `f${n}`,
    symbol: 'ACME',
    side: 'buy',
    quantity: 1,
    price: 100,
    fee: 0,
    multiplier: 1,
    at: AT,
  };
}

describe('A spool of reports', () => {
  it('has after a restart what the server has not confirmed, with the same numbers', async () => {
    const before = await open();
    await before.append([fill(1), fill(2)]);
    await before.append([fill(3)]);
    await before.markSent(2);
    await before.confirm(1);
    await before.close();
    const after = await open();
    expect(after.pending).toMatchObject([
      { seq: 2, item: fill(2) },
      { seq: 3, item: fill(3) },
    ]);
    expect(after.takenSeq).toBe(1);
    await after.close();
  });

  it('is readable by its owner alone', async () => {
    const spool = await open();
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    await spool.close();
  });

  it('loses nothing but the line that was being written, wherever a crash cuts the file', async () => {
    const spool = await open();
    for (let n = 1; n <= 4; n += 1) await spool.append([fill(n)]);
    await spool.markSent(4);
    await spool.confirm(2);
    await spool.close();
    const whole = await readFile(file());
    const ends = [...whole.keys()].filter((at) => whole[at] === 0x0a).map((at) => at + 1);
    for (let length = 0; length <= whole.length; length += 1) {
      await writeFile(file(), whole.subarray(0, length));
      const lines = ends.filter((end) => end <= length).length;
      const cut = await open();
      expect(cut.lastSeq).toBe(Math.min(lines, 4));
      expect(cut.takenSeq).toBe(lines === 6 ? 2 : 0);
      await cut.append([fill(9)]);
      await cut.close();
      const again = await open();
      expect(again.pending.at(-1)).toMatchObject({ seq: Math.min(lines, 4) + 1, item: fill(9) });
      await again.close();
    }
  });

  it('drops a line in which a byte was changed, and what comes behind it', async () => {
    const spool = await open();
    await spool.append([fill(1), fill(2), fill(3)]);
    await spool.close();
    const bytes = await readFile(file());
    bytes[bytes.indexOf('f2')] = 'x'.charCodeAt(0);
    await writeFile(file(), bytes);
    const after = await open();
    expect(seqs(after)).toEqual([1]);
    await after.close();
  });

  it.runIf(process.platform === 'linux')(
    'has all that it said was safe, though the disk was full for a while',
    async () => {
      const module = JSON.stringify(new URL('../src/sdk/report-spool.ts', import.meta.url).href);
      const program = `
      import { execFileSync } from 'node:child_process';
      const { ReportSpool } = await import(${module});
      const spool = await ReportSpool.open(${JSON.stringify(dir)}, { sync: 'never' });
      const log = (message) => ({ kind: 'log', level: 'ERROR', message, at: '${AT}' });
      const safe = [];
      const append = (message) => spool.append([log(message)]).then(() => safe.push(message), () => {});
      for (let n = 1; n <= 20; n += 1) await append('x'.repeat(500) + n);
      const before = safe.length;
      execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited:']);
      for (let n = 21; n <= 24; n += 1) await append('y'.repeat(500) + n);
      process.stdout.write(JSON.stringify({ before, safe }));`;
      // A file that may grow no further takes half a line, as a full disk does.
      const limited = `trap '' XFSZ; ulimit -S -f 4; exec "$0" --input-type=module -e "$1"`;
      const { stdout } = await promisify(execFile)('bash', ['-c', limited, process.execPath, program]);
      const { before, safe } = JSON.parse(stdout);
      expect(before).toBeGreaterThan(2);
      const after = await open();
      expect(after.pending.map(({ item }) => (item.kind === 'log' ? item.message : ''))).toEqual(safe);
      // Opened anew it goes on.
      await after.append([fill(1)]);
      await after.close();
      const again = await open();
      expect(again.pending).toHaveLength(safe.length + 1);
      await again.close();
    },
  );

  it('keeps the order of items that are reported at once', async () => {
    const spool = await open({ sync: 'always' });
    await Promise.all(Array.from({ length: 50 }, (_, n) => spool.append([fill(n)])));
    await spool.close();
    const after = await open();
    expect(after.pending.map(({ item }) => item.kind === 'fill' && item.external_id)).toEqual(
      Array.from({ length: 50 }, (_, n) => `f${n}`),
    );
    await after.close();
  });

  it('gives out batches within the bounds of a report', async () => {
    const spool = await open();
    await spool.append(Array.from({ length: 1200 }, (_, n) => fill(n)));
    expect(spool.nextBatch()).toHaveLength(500);
    await spool.confirm(1200);
    await spool.append(Array.from({ length: 100 }, () => log('x'.repeat(4000))));
    const batch = spool.nextBatch();
    expect(batch[0]?.seq).toBe(1201);
    expect(JSON.stringify(batch.map(({ item }) => item)).length).toBeLessThan(262_144);
    await spool.close();
  });

  it('drops old logs of little weight when too much waits, and says how many; never fills, nor what may have been sent', async () => {
    const spool = await open({ most_bytes: 8000 });
    await spool.append([log('sent'), fill(1)]);
    await spool.markSent(2);
    for (let n = 0; n < 100; n += 1) {
      await spool.append([log(`debug ${n} ${'x'.repeat(50)}`, 'DEBUG'), fill(n + 2)]);
      if (n === 50) await spool.append([log('an error', 'ERROR')]);
    }
    const kinds = spool.pending.map(({ item }) => item);
    expect(kinds.filter(({ kind }) => kind === 'fill')).toHaveLength(101);
    expect(kinds[0]).toEqual(log('sent'));
    expect(kinds.some((item) => item.kind === 'log' && item.level === 'ERROR')).toBe(true);
    const dropped = kinds
      .filter((item) => item.kind === 'log' && item.level === 'WARN')
      .reduce((sum, item) => sum + Number(item.kind === 'log' && item.data?.dropped), 0);
    const left = kinds.filter((item) => item.kind === 'log' && item.level === 'DEBUG').length;
    expect(dropped).toBeGreaterThan(0);
    expect(dropped + left).toBe(100);
    expect(seqs(spool)).toEqual(spool.pending.map((_, n) => n + 1));
    const pending = spool.pending;
    await spool.close();
    const after = await open({ most_bytes: 8000 });
    expect(after.pending).toEqual(pending);
    await after.close();
  });

  it('becomes small again once the server has what was in it', async () => {
    const spool = await open();
    for (let n = 0; n < 1100; n += 1) await spool.append([log('x'.repeat(4000))]);
    await spool.confirm(1099);
    expect((await stat(file())).size).toBeLessThan(10_000);
    await spool.close();
    const after = await open();
    expect(seqs(after)).toEqual([1100]);
    await after.close();
  });

  it('goes on from what the server has, and drops what another machine has overtaken', async () => {
    const spool = await open();
    await spool.append([fill(1), fill(2), fill(3)]);
    await spool.markSent(2);
    expect(await spool.alignWith(1)).toBe(0);
    expect(seqs(spool)).toEqual([2, 3]);
    expect(await spool.alignWith(7)).toBe(2);
    await spool.append([fill(4)]);
    expect(seqs(spool)).toEqual([8]);
    // Sent, and never answered; another machine takes over, whose numbers lie beyond, and this one is back.
    await spool.append([fill(5), fill(6)]);
    await spool.markSent(10);
    expect(await spool.alignWith(1_000_000_012)).toBe(3);
    await spool.append([fill(4)]);
    expect(seqs(spool)).toEqual([1_000_000_013]);
    expect(await spool.alignWith(7)).toBe(0);
    // The server was set back to an earlier state.
    await spool.markSent(8);
    await spool.confirm(8);
    await spool.append([fill(5)]);
    expect(await spool.alignWith(3)).toBe(0);
    expect(seqs(spool)).toEqual([4]);
    await spool.close();
  });
});
