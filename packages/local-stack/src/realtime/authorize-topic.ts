import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { TokenClaims } from '../config/verify-token.ts';
import { becomeUser, LOWERED } from './become-user.ts';
import { isRefusal } from './database-answer.ts';
import { inTransaction } from './in-transaction.ts';

/** Who asks for a private channel, as its policies see them. */
export interface TopicRequest {
  /** Name of the channel, without `realtime:`. */
  readonly topic: string;
  readonly claims: TokenClaims;
  readonly headers: Record<string, string>;
}

export type Extension = 'broadcast' | 'presence';

/** The extensions of a private channel that the policies on realtime.messages allow. */
export type Allowed = ReadonlySet<Extension>;

/**
 * What a user may receive on a private channel: rows are put there by the owner of the table, and the user's role
 * looks whether it sees them. Nothing stays behind.
 */
export async function authorizeRead(
  pool: Pool,
  request: TopicRequest,
  extensions: readonly Extension[],
): Promise<Allowed> {
  return inTransaction(pool, async (client) => {
    const probes = new Map(extensions.map((extension) => [randomUUID() as string, extension]));
    await client.query(
      'insert into realtime.messages (id, topic, extension) select id, $1, extension from unnest($2::uuid[], $3::text[]) as probe (id, extension)',
      [request.topic, [...probes.keys()], [...probes.values()]],
    );
    await becomeUser(client, request);
    const { rows } = await client.query<{ id: string }>(
      `select id from realtime.messages where id = any($1::uuid[]) and ${LOWERED}`,
      [[...probes.keys()]],
    );
    return new Set(rows.flatMap(({ id }) => probes.get(id) ?? []));
  });
}

/** What a user may send on a private channel: the user's role tries to insert a row for each extension. */
export async function authorizeWrite(pool: Pool, request: TopicRequest): Promise<Allowed> {
  return inTransaction(pool, async (client) => {
    await becomeUser(client, request);
    const allowed = new Set<Extension>();
    for (const extension of ['broadcast', 'presence'] as const) {
      if (await mayInsert(client, request.topic, extension)) allowed.add(extension);
    }
    return allowed;
  });
}

async function mayInsert(client: PoolClient, topic: string, extension: Extension): Promise<boolean> {
  await client.query('savepoint probe');
  try {
    const { rowCount } = await client.query(
      `insert into realtime.messages (topic, extension) select $1, $2 where ${LOWERED}`,
      [topic, extension],
    );
    return rowCount === 1;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return false;
  } finally {
    await client.query('rollback to savepoint probe');
  }
}
