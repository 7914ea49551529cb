import type { StackAddress } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { type HeldRun, holdRun } from '../../../packages/client/test/support/hold-run.ts';
import { type Persona, signUp } from '../../../packages/client/test/support/personas.ts';
import { fillOf, orderOf, SYMBOLS } from './report-items.ts';

/** A run that a runner holds, with a connection to the database that has the rights and claims of the runner. */
export interface LiveRun extends HeldRun {
  readonly owner: Persona;
  readonly asRunner: pg.Client;
  /** Reports items on that connection, in a transaction that the caller ends; gives them their numbers. */
  reportDirectly(items: readonly object[]): Promise<void>;
  /** Opens a position of one unit in each of the first symbols of `report-items.ts`, by orders for a million. */
  hold(symbols: number): Promise<void>;
  close(): Promise<void>;
}

/** Makes a run of a new user; its ledger is written past the gateway, so that what the database takes is measured alone. */
export async function openLiveRun(stack: StackAddress, name: string): Promise<LiveRun> {
  const owner = await signUp(stack, name);
  const held = await holdRun(stack, owner, name);
  const asRunner = await connectAsRunner(stack, owner, held.sessionId);
  let nextSeq = 1;
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
    hold: async (symbols) => {
      for (const symbol of SYMBOLS.slice(0, symbols)) {
        await held.admit(orderOf(symbol), { symbol, quantity: 1_000_000 });
        await reportDirectly([fillOf(symbol, 100)]);
      }
    },
    close: () => asRunner.end(),
  };
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
