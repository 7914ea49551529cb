import { createHash } from 'node:crypto';
import { TIMEFRAMES } from '@tradebase/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatCandleCsv, parseCandleCsv, syntheticCandles } from '../src/index.ts';

const START = Date.UTC(2024, 0, 6);

test('a seed always gives the same candles', () => {
  const options = { seed: 42, count: 1000, start: START, timeframe: '1d' } as const;
  const digest = createHash('sha256')
    .update(Buffer.concat([...formatCandleCsv(syntheticCandles(options))]))
    .digest('hex');
  expect(digest).toMatchInlineSnapshot(`"020c769b03ee41605fd0177134e484d083a867d71f5d0cee20675224420e571b"`);
  expect(syntheticCandles({ ...options, seed: 43 }).close).not.toEqual(syntheticCandles(options).close);
});

test('daily bars leave out weekends', () => {
  const { ts } = syntheticCandles({ seed: 1, count: 500, start: START, timeframe: '1d' });
  expect(ts[0]).toBe(Date.UTC(2024, 0, 8));
  expect(ts.some((time) => [0, 6].includes(new Date(time).getUTCDay()))).toBe(false);
});

test('any seed in any timeframe makes a file that the import takes', async () => {
  const seed = fc.integer();
  await fc.assert(
    fc.asyncProperty(seed, fc.constantFrom(...TIMEFRAMES), async (seed, timeframe) => {
      let count = 0;
      async function* csv(): AsyncGenerator<Uint8Array> {
        yield* formatCandleCsv(syntheticCandles({ seed, count: 300, start: START, timeframe }));
      }
      for await (const batch of parseCandleCsv(csv())) count += batch.count;
      expect(count).toBe(300);
    }),
  );
});
