import { followTaskEvents } from '@tradebase/client';
import { startStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { liftLimits } from '../../packages/client/test/support/lift-limits.ts';
import { signUp } from '../../packages/client/test/support/personas.ts';
import { seedMarket } from '../../packages/client/test/support/seed-market.ts';
import { startTestWorker } from '../../workers/test/support/worker-process.ts';
import { enableWorkerLogin } from '../test/support/global-setup.ts';
import { type Figure, percentile } from './figure.ts';

const RUNS = 60;
const WARM_UP = 10;
/** As many daily candles as GOOG_1d has. */
const CANDLES = 2148;

/** A backtest as a browser asks for it: until a worker has begun, and until the client is told that it is done. */
export async function benchBacktest(): Promise<Figure[]> {
  const stack = await startStack({ functions: true, ownServer: true });
  await enableWorkerLogin(stack.databaseUrl());
  const worker = await startTestWorker(stack);
  const database = new pg.Client({ connectionString: stack.databaseUrl() });
  try {
    await database.connect();
    await seedMarket(stack, 'BENCH', CANDLES);
    // It asks for more than a user may in an hour.
    await liftLimits(stack);
    const { id, client } = await signUp(stack, 'bench');
    let done = Promise.withResolvers<void>();
    const feed = followTaskEvents(client, id, ({ name, event }) => {
      if (name === 'task_completed') done.resolve();
      if (name === 'task_failed') done.reject(new Error(event.error?.message));
    });
    await feed.live;
    const toDone: number[] = [];
    for (let i = -WARM_UP; i < RUNS; i += 1) {
      done = Promise.withResolvers();
      const startedAt = performance.now();
      const { error } = await client.functions.invoke('api/backtests', {
        body: {
          symbol: 'BENCH',
          timeframe: '1d',
          strategy: { name: 'sma-cross', params: { fast: 10, slow: 30 } },
          fee_bps: 10,
        },
      });
      if (error) throw error;
      await done.promise;
      if (i >= 0) toDone.push(performance.now() - startedAt);
    }
    await feed.stop();
    const { rows } = await database.query<{ ms: number }>(
      `select extract(epoch from started_at - created_at) * 1000 as ms from public.backtests order by created_at desc limit $1`,
      [RUNS],
    );
    const toStart = rows.map(({ ms }) => Number(ms));
    return [
      {
        name: 'backtest.accept_to_start_ms_p50',
        value: percentile(toStart, 0.5),
        unit: 'ms',
        target: 20,
        peer: 'pg-boss polling alone, measured before',
        peer_value: 267,
      },
      { name: 'backtest.post_to_done_ms_p50', value: percentile(toDone, 0.5), unit: 'ms', target: 150 },
    ];
  } finally {
    await database.end();
    await worker.end();
    await stack.stop();
  }
}
