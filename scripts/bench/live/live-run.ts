import type { StackAddress } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { asPostgres } from '../../../packages/client/test/support/as-role.ts';
import { type HeldRun, holdRun } from '../../../packages/client/test/support/hold-run.ts';
import { type Persona, signUp } from '../../../packages/client/test/support/personas.ts';
import { FILLS_OF_ORDER, SYMBOLS, tradingFills, tradingOrder } from './report-items.ts';

/** A run that a runner holds, with a connection to the database that has the rights and claims of the runner. */
export interface LiveRun extends HeldRun {
  readonly owner: Persona;
  readonly asRunner: pg.Client;
  /** Reports items on that connection, in a transaction that the caller ends; gives them their numbers. */
  reportDirectly(items: readonly object[]): Promise<void>;
  /** Opens a position in each of the first symbols of `report-items.ts`. */
  hold(symbols: number): Promise<void>;
  /** Puts the orders of the next fills on the books. */
  admitNextFills(count: number): Promise<void>;
  /** The next fills to report. */
  nextFills(count: number): object[];
  close(): Promise<void>;
}

/** Makes a run of a new user; its ledger is written past the gateway, so that what the database takes is measured alone. */
export async function openLiveRun(stack: StackAddress, name: string): Promise<LiveRun> {
  const owner = await signUp(stack, name);
  const held = await holdRun(stack, owner, name);
  const asRunner = await connectAsRunner(stack, owner, held.sessionId);
  let nextSeq = 1;
  let nextFill = 0;
  let admitted = 0;
  const reportDirectly = async (items: readonly object[]) => {
    const { rows } = await asRunner.query<{ receipt: { rejected: unknown[]; missing_from: number | null } }>(
      'select public.report_run($1, 1, $2, $3) as receipt',
      [held.runId, nextSeq, JSON.stringify(items)],
    );
    const receipt = rows[0]?.receipt;
    if (!receipt || receipt.rejected.length > 0 || receipt.missing_from !== null) {
      throw new Error(`a report was refused: ${JSON.stringify(receipt)}`);
    }
    nextSeq += items.length;
  };
  return {
    ...held,
    owner,
    asRunner,
    reportDirectly,
    hold: (symbols) => hold(stack, held, owner, SYMBOLS.slice(0, symbols)),
    admitNextFills: async (count) => {
      const end = Math.ceil((nextFill + count) / FILLS_OF_ORDER);
      await admitOrders(stack, held, owner, admitted, end);
      admitted = Math.max(admitted, end);
    },
    nextFills: (count) => {
      nextFill += count;
      return tradingFills(nextFill - count, count);
    },
    close: () => asRunner.end(),
  };
}

async function hold(stack: StackAddress, { runId, botId }: HeldRun, owner: Persona, symbols: readonly string[]) {
  await asPostgres(stack, (postgres) =>
    postgres.query(
      `insert into public.positions (run_id, bot_id, user_id, symbol, direction, quantity, open_quantity, entry_price, opened_at)
       select $1, $2, $3, symbol, 'long', 1, 1, 100, now() from unnest($4::text[]) symbol`,
      [runId, botId, owner.id, symbols],
    ),
  );
}

async function admitOrders(stack: StackAddress, run: HeldRun, owner: Persona, first: number, end: number) {
  const orders = Array.from({ length: Math.max(end - first, 0) }, (_, n) => tradingOrder(first + n));
  await asPostgres(stack, (postgres) =>
    postgres.query(
      `insert into public.orders (run_id, bot_id, user_id, client_order_id, symbol, side, type, quantity)
       select $1, $2, $3, o.client_order_id, o.symbol, o.side, 'market', $5 from jsonb_to_recordset($4) o (client_order_id text, symbol text, side text)`,
      [run.runId, run.botId, owner.id, JSON.stringify(orders), FILLS_OF_ORDER],
    ),
  );
}

async function connectAsRunner(stack: StackAddress, owner: Persona, sessionId: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: stack.databaseUrl() });
  await client.connect();
  const { rows } = await client.query<{ api_key_id: string }>(
    'select api_key_id from public.runner_sessions where id = $1',
    [sessionId],
  );
  const claims = {
    sub: sessionId,
    role: 'authenticated',
    app_metadata: { user_id: owner.id, api_key_id: rows[0]?.api_key_id, epoch: 1 },
  };
  await client.query(`select set_config('request.jwt.claims', $1, false)`, [JSON.stringify(claims)]);
  await client.query('set role authenticated');
  return client;
}
