import { startStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { benchmarkCandles } from '../../packages/market-data/bench/candle-benchmarks.ts';
import type { Figure } from './figure.ts';

/** A million minute bars from a CSV file into the indexed table, and from there into typed arrays. */
export async function benchCandles(): Promise<Figure[]> {
  const stack = await startStack();
  const pool = new pg.Pool({ connectionString: stack.databaseUrl() });
  try {
    return await benchmarkCandles(pool);
  } finally {
    await pool.end();
    await stack.stop();
  }
}
