import type { ReportItem, ReportReceipt } from '@tradebase/contracts';
import type { StackAddress } from '@tradebase/local-stack/testing';
import type { z } from 'zod';
import type { TradebaseClient } from '../../src/index.ts';
import { asPostgres } from './as-role.ts';
import type { Persona } from './personas.ts';
import { seedRunner } from './seed-runner.ts';
import { makeBot } from './seed-trading.ts';

/** A bot that runs, and the runner that holds it. */
export interface HeldRun {
  readonly botId: string;
  readonly runId: string;
  readonly sessionId: string;
  readonly runner: TradebaseClient;
  /** Reports items as the runner would, numbered from `first` on. Rejects with what PostgREST says. */
  report(first: number, items: readonly Reported[]): Promise<z.infer<typeof ReportReceipt>>;
  /** Puts an order of the run on the books, as the risk gate does; what is not given is that of a market order. */
  admit(clientOrderId: string, order?: AdmittedOrder): Promise<void>;
}

/** An item as a test gives it: also one that is none. */
export type Reported = z.input<typeof ReportItem> | Record<string, unknown> | null;

export interface AdmittedOrder {
  readonly symbol?: string;
  readonly side?: 'buy' | 'sell';
  readonly quantity?: number | string;
  readonly multiplier?: number;
  readonly reduce_only?: boolean;
  readonly is_sized_at_fill?: boolean;
  readonly reserved_value?: number;
  readonly reserved_risk?: number;
  readonly reference_price?: number;
  readonly status?: string;
  readonly reason?: string;
}

/** Makes a bot of the owner, a run of it and a connected runner that holds it with fencing token 1. */
export async function holdRun(
  stack: StackAddress,
  owner: Persona,
  name: string,
  settings: Record<string, unknown> = {},
): Promise<HeldRun> {
  const botId = await makeBot(owner, { name, ...settings });
  const permissions = ['runner:connect', 'runner:execute', 'data:read'];
  const { sessionId, client: runner } = await seedRunner(stack, owner, name, permissions);
  const runId: string = crypto.randomUUID();
  await asPostgres(stack, async (postgres) => {
    await postgres.query(`update public.bots set status = 'starting' where id = $1`, [botId]);
    await postgres.query(`update public.bots set status = 'running' where id = $1`, [botId]);
    await postgres.query(
      `insert into public.trading_runs (id, bot_id, user_id, mode, config)
       values ($1, $2, $3, 'PAPER', '{"strategy_type": "put-lite", "timeframe": "1h"}')`,
      [runId, botId, owner.id],
    );
    await postgres.query(
      `insert into public.bot_leases (bot_id, user_id, run_id, runner_session_id, fencing_token) values ($1, $2, $3, $4, 1)`,
      [botId, owner.id, runId, sessionId],
    );
  });
  return {
    botId,
    runId,
    sessionId,
    runner,
    report: (first, items) => report(runner, runId, first, items),
    admit: (clientOrderId, order = {}) => admit(stack, { botId, runId, userId: owner.id }, clientOrderId, order),
  };
}

async function report(runner: TradebaseClient, runId: string, first: number, items: readonly Reported[]) {
  const { data, error } = await runner.rpc('report_run', {
    p_run_id: runId,
    p_fencing_token: 1,
    p_first_seq: first,
    p_items: items as never,
  });
  if (error) throw error;
  return data as z.infer<typeof ReportReceipt>;
}

async function admit(
  stack: StackAddress,
  run: { botId: string; runId: string; userId: string },
  clientOrderId: string,
  order: AdmittedOrder,
) {
  const row = {
    run_id: run.runId,
    bot_id: run.botId,
    user_id: run.userId,
    client_order_id: clientOrderId,
    symbol: 'ACME',
    side: 'buy',
    type: 'market',
    quantity: 10,
    ...order,
  };
  const columns = Object.keys(row);
  await asPostgres(stack, (postgres) =>
    postgres.query(
      `insert into public.orders (${columns.join(', ')}) select ${columns.join(', ')} from jsonb_populate_record(null::public.orders, $1)`,
      [JSON.stringify(row)],
    ),
  );
}
