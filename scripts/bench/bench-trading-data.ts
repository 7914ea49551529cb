import type { TestStack } from '@tradebase/local-stack/testing';
import { startStack } from '@tradebase/local-stack/testing';
import { asPostgres } from '../../packages/client/test/support/as-role.ts';
import { invoke } from '../../packages/client/test/support/invoke.ts';
import { liftLimits } from '../../packages/client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { makeBot } from '../../packages/client/test/support/seed-trading.ts';
import { type Figure, percentile, sample } from './figure.ts';

const RUNS = 20;
const LINES = 10_000_000;
const POSITIONS = 20_000;
const TARGET_MS = 10;

/** Lists of the trading data over 10M log lines and 20,000 positions of one user, through the gateway, the function and the Data API. */
export async function benchTradingData(): Promise<Figure[]> {
  const stack = await startStack({ functions: true });
  try {
    await liftLimits(stack);
    const user = await signUp(stack, 'bench');
    const runIds = await fill(stack, user);
    const run = runIds[0];
    const lists: Readonly<Record<string, string>> = {
      logs_newest_100: `/runs/${run}/logs`,
      logs_rare_level: `/runs/${run}/logs?level=ERROR`,
      logs_two_levels: `/runs/${run}/logs?level=WARN,ERROR`,
      logs_deep_cursor: `/runs/${run}/logs?cursor=${LINES / RUNS / 2}`,
      logs_offset_10000: `/runs/${run}/logs?offset=10000`,
      run_with_positions_and_logs: `/runs/${run}`,
      runs: '/runs',
      positions_of_20k: '/positions',
      positions_open: '/positions?status=open',
    };
    const read = async (path: string) => {
      const { status, body } = await invoke(user.client, 'GET', `api/trading${path}`);
      if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
    };
    // So that the list measured first does not pay for what they share.
    for (const path of Object.values(lists)) await sample(1, 20, () => read(path));
    const figures: Figure[] = [];
    for (const [name, path] of Object.entries(lists)) {
      const times = await sample(100, 20, () => read(path));
      figures.push({
        name: `trading-data.${name}_ms_p50`,
        value: percentile(times, 0.5),
        unit: 'ms',
        target: TARGET_MS,
      });
    }
    const times = await sample(100, 20, async () => {
      const { data, error } = await user.client
        .from('run_logs')
        .select('seq, logged_at, level, message, data')
        .eq('run_id', String(run))
        .order('seq', { ascending: false })
        .limit(100);
      if (error || data.length !== 100) throw new Error(`lines not read: ${error?.message}`);
    });
    figures.push({
      name: 'trading-data.logs_through_rest_ms_p50',
      value: percentile(times, 0.5),
      unit: 'ms',
      target: TARGET_MS,
    });
    return figures;
  } finally {
    await stack.stop();
  }
}

async function fill(stack: TestStack, user: Persona): Promise<readonly string[]> {
  const botId = await makeBot(user, { name: 'bench' });
  return asPostgres(stack, async (postgres) => {
    const { rows } = await postgres.query<{ id: string }>(
      `insert into public.trading_runs (bot_id, user_id, mode, status, started_at, ended_at)
       select $1, $2, 'PAPER', 'completed', now() - interval '60 days', now() from generate_series(1, $3::int) returning id`,
      [botId, user.id, RUNS],
    );
    for (const { id } of rows) {
      // Over two months, hence several partitions; one line in a hundred is a warning, one in ten thousand an error.
      await postgres.query(
        `insert into public.run_logs (run_id, user_id, seq, logged_at, level, message)
         select $1, $2, n, now() - interval '60 days' + n * interval '60 days' / $3::int,
           case when n % 10000 = 0 then 'ERROR' when n % 100 = 0 then 'WARN' when n % 5 = 0 then 'INFO' else 'DEBUG' end,
           'bar ' || n || ' seen, nothing to do'
         from generate_series(1, $3::int) n`,
        [id, user.id, LINES / RUNS],
      );
    }
    await postgres.query(
      `insert into public.positions (run_id, bot_id, user_id, symbol, direction, quantity, open_quantity, status, opened_at, closed_at, created_at)
       select $1, $2, $3, case when n % 1000 = 0 then 'ACME' || n else 'ACME' end, 'long', 1,
         case when n % 1000 = 0 then 1 else 0 end,
         case when n % 1000 = 0 then 'open' else 'closed' end,
         now() - n * interval '1 minute', case when n % 1000 > 0 then now() end, now() - n * interval '1 minute'
       from generate_series(1, $4::int) n`,
      [rows[0]?.id, botId, user.id, POSITIONS],
    );
    await postgres.query('vacuum (analyze) public.run_logs, public.positions, public.trading_runs');
    return rows.map(({ id }) => id);
  });
}
