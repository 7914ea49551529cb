import { startStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { benchmarkCandles } from '../../packages/market-data/bench/candle-benchmarks.ts';
import type { Figure } from './figure.ts';

/** A million minute bars from a CSV file into the indexed table, and from there into typed arrays. */
export async function benchCandles(): Promise<Figure[]> {
  const stack = await startStack();
  try {
    const connect = async () => {
      const client = new pg.Client({ connectionString: stack.databaseUrl() });
      await client.connect();
      return client;
    };
    return await benchmarkCandles(connect);
  } finally {
    await stack.stop();
  }
}
