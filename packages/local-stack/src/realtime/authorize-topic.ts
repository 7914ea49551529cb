import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { TokenClaims } from '../config/verify-token.ts';

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

/** Postgres's code for a row that a policy refuses, and for a role one may not become. */
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * What a user may receive on a private channel: rows are put there by the owner of the table, and the user's role
 * looks whether it sees them. Nothing stays behind.
 */
export async function authorizeRead(
  pool: Pool,
  request: TopicRequest,
  extensions: readonly Extension[],
): Promise<Allowed> {
  return inRolledBackTransaction(pool, async (client) => {
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
  return inRolledBackTransaction(pool, async (client) => {
    await becomeUser(client, request);
    const allowed = new Set<Extension>();
    for (const extension of ['broadcast', 'presence'] as const) {
      if (await mayInsert(client, request.topic, extension)) allowed.add(extension);
    }
    return allowed;
  });
}

/** A token whose role is `none`, or the admin itself, would otherwise keep the admin's rights over the table. */
const LOWERED = 'current_user <> session_user';

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

async function becomeUser(client: PoolClient, { topic, claims, headers }: TopicRequest): Promise<void> {
  await client.query(
    `select set_config('role', $1, true), set_config('realtime.topic', $2, true),
            set_config('request.jwt.claims', $3, true), set_config('request.jwt.claim.sub', $4, true),
            set_config('request.jwt.claim.role', $1, true), set_config('request.headers', $5, true)`,
    [claims.role, topic, JSON.stringify(claims), claims.sub ?? '', JSON.stringify(headers)],
  );
}

async function inRolledBackTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    try {
      return await work(client);
    } finally {
      await client.query('rollback');
    }
  } catch (error) {
    broken = isDatabaseAnswer(error) ? undefined : toError(error);
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Whether Postgres answered that the role may not do this, rather than failed. */
export function isRefusal(error: unknown): boolean {
  return isDatabaseAnswer(error) && error.code === INSUFFICIENT_PRIVILEGE;
}

/** Whether an error came from Postgres itself, not from the connection to it. */
export function isDatabaseAnswer(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
