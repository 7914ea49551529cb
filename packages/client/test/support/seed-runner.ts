import type { TradebaseClient } from '@tradebase/client';
import type { StackAddress, TestStack } from '@tradebase/local-stack/testing';
import { asPostgres } from './as-role.ts';
import { type Persona, withToken } from './personas.ts';
import { mintRunnerToken } from './runner-token.ts';

/** A runner session that was just heard of, and a client with its token. */
export interface SeededRunner {
  readonly sessionId: string;
  readonly apiKeyId: string;
  readonly client: TradebaseClient;
}

/** Connects a runner of a user, as the function runner would, with a new key. */
export async function seedRunner(
  stack: StackAddress,
  owner: Persona,
  machineId: string,
  permissions = ['runner:connect', 'runner:execute'],
): Promise<SeededRunner> {
  const { data, error } = await owner.client.rpc('create_api_key', { p_name: machineId, p_permissions: permissions });
  if (error) throw error;
  const apiKeyId = String(data.id);
  const { rows } = await asPostgres(stack, (postgres) =>
    postgres.query(
      `insert into public.runner_sessions (user_id, api_key_id, machine_id) values ($1, $2, $3) returning id`,
      [owner.id, apiKeyId, machineId],
    ),
  );
  const sessionId = String(rows[0].id);
  const token = await mintRunnerToken(stack, { sessionId, userId: owner.id, apiKeyId, permissions });
  return { sessionId, apiKeyId, client: withToken(stack, token) };
}

/** A runner says that it has done what it was told first, or that it failed with the error. False where nothing is left. */
export async function acknowledgeNext(
  stack: TestStack,
  sessionId: string,
  error: { code: string; message: string } | null = null,
): Promise<boolean> {
  return asPostgres(stack, async (postgres) => {
    const { rows } = await postgres.query(
      `update public.runner_commands set status = 'delivered' where runner_session_id = $1 and status in ('queued', 'delivered')
         and seq = (select min(seq) from public.runner_commands where runner_session_id = $1 and status in ('queued', 'delivered'))
       returning seq`,
      [sessionId],
    );
    if (rows.length === 0) return false;
    const command = [sessionId, rows[0].seq];
    await postgres.query(
      `update public.runner_commands set status = $3, error = $4 where runner_session_id = $1 and seq = $2`,
      [...command, error === null ? 'acknowledged' : 'failed', error],
    );
    await postgres.query(
      `select private.apply_acknowledgement(c, $3) from public.runner_commands c where runner_session_id = $1 and seq = $2`,
      [...command, error],
    );
    return true;
  });
}

/** The same of all that it was told. */
export async function acknowledgeAll(
  stack: TestStack,
  sessionId: string,
  error: { code: string; message: string } | null = null,
): Promise<void> {
  while (await acknowledgeNext(stack, sessionId, error));
}

/** What the sweep for silent runners does to one. */
export async function goOffline(stack: TestStack, sessionId: string): Promise<void> {
  await asPostgres(stack, (postgres) =>
    postgres.query(`
      begin;
      select private.apply_offline(l) from public.bot_leases l where l.runner_session_id = '${sessionId}' and l.released_at is null;
      update public.runner_sessions set status = 'disconnected' where id = '${sessionId}';
      commit`),
  );
}

/** The runner connects again, and says what it holds of each run: the same as the ledger, or not. */
export async function comeBack(stack: TestStack, sessionId: string, matched = true): Promise<void> {
  await asPostgres(stack, (postgres) =>
    postgres.query(`
      begin;
      update public.bot_leases set fencing_token = fencing_token + 1, reconciled = false
        where runner_session_id = '${sessionId}' and released_at is null;
      update public.runner_sessions set status = 'connected', last_heartbeat_at = now(), epoch = epoch + 1 where id = '${sessionId}';
      select private.apply_reconciliation(l, ${matched}, '[]') from public.bot_leases l
        where l.runner_session_id = '${sessionId}' and l.released_at is null;
      commit`),
  );
}

/** Gives the run of a bot an open position, as a fill would. */
export async function openPosition(stack: TestStack, botId: string): Promise<void> {
  await asPostgres(stack, (postgres) =>
    postgres.query(
      `insert into public.positions (run_id, bot_id, user_id, symbol, direction, quantity, open_quantity, entry_price, opened_at)
       select run_id, bot_id, user_id, 'ACME', 'long', 10, 10, 100, now() from public.bot_leases where bot_id = $1`,
      [botId],
    ),
  );
}

/** Closes what a bot holds. */
export async function closePositions(stack: TestStack, botId: string): Promise<void> {
  await asPostgres(stack, (postgres) =>
    postgres.query(
      `update public.positions set status = 'closed', open_quantity = 0 where bot_id = $1 and status = 'open'`,
      [botId],
    ),
  );
}
