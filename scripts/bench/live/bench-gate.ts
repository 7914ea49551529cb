import { GateDecision } from '@tradebase/contracts';
import { z } from 'zod';
import { asPostgres } from '../../../packages/client/test/support/as-role.ts';
import { orderIntent } from '../../../packages/client/test/support/submit-intents.ts';
import { type Figure, percentile, sample } from '../figure.ts';
import { type LiveRun, openLiveRun } from './live-run.ts';
import type { LiveStack } from './live-stack.ts';

const ORDERS = 1_000;
/** Of these, how many still work. */
const WORKING = 10;
const WARM_UP = 10;
const TARGET_MS = 10;

/** One intent through the risk gate while the ledger of its bot has a thousand orders: through the gateway, and in the database alone. */
export async function benchGate(stack: LiveStack, intents: number): Promise<Figure[]> {
  const run = await openLiveRun(stack, 'gate');
  try {
    await fillLedger(stack, run);
    const throughRest = await sample(intents, WARM_UP, async () => {
      const { data, error } = await run.runner.rpc('submit_order_intents', {
        p_run_id: run.runId,
        p_fencing_token: 1,
        p_intents: [smallIntent()] as never,
      });
      if (error) throw error;
      requireAdmitted(data);
    });
    const inDatabase = await sample(intents, WARM_UP, async () => {
      const { rows } = await run.asRunner.query('select public.submit_order_intents($1, 1, $2) as decisions', [
        run.runId,
        JSON.stringify([smallIntent()]),
      ]);
      requireAdmitted(rows[0].decisions);
    });
    return [
      ...describe(`live.gate_of_${ORDERS}_orders_through_rest`, throughRest),
      ...describe(`live.gate_of_${ORDERS}_orders_in_database`, inDatabase),
    ];
  } finally {
    await run.close();
  }
}

function smallIntent(): object {
  return orderIntent({ quantity: 0.001 });
}

function requireAdmitted(decisions: unknown): void {
  const [decision] = z.array(GateDecision).parse(decisions);
  if (!decision?.accepted) throw new Error(`the intent was refused: ${JSON.stringify(decision)}`);
}

async function fillLedger(stack: LiveStack, { runId, botId, owner }: LiveRun): Promise<void> {
  await asPostgres(stack, async (postgres) => {
    await postgres.query(
      `insert into public.orders (run_id, bot_id, user_id, client_order_id, symbol, side, type, quantity, status, filled_quantity, average_price, submitted_at, finished_at, created_at)
       select $1, $2, $3, 'earlier-' || n, 'ACME', 'buy', 'market', 1, case when n <= $5::integer then 'accepted' else 'filled' end,
         case when n <= $5::integer then 0 else 1 end, case when n > $5::integer then 100 end, now(), case when n > $5::integer then now() end, now() - n * interval '1 minute'
       from generate_series(1, $4::integer) n`,
      [runId, botId, owner.id, ORDERS, WORKING],
    );
  });
}

function describe(name: string, samples: readonly number[]): Figure[] {
  return [
    { name: `${name}_ms_p50`, value: percentile(samples, 0.5), unit: 'ms', target: TARGET_MS },
    { name: `${name}_ms_p99`, value: percentile(samples, 0.99), unit: 'ms' },
  ];
}
