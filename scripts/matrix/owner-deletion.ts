import { createClient } from '@supabase/supabase-js';
import type { TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { verifyAuditLog } from '../audit/verify-audit-log.ts';
import type { Attempt } from './attempt.ts';
import type { Tenant } from './expectation.ts';

const TABLES = `
  select n.nspname as schema, c.relname as name,
    array(
      select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and (a.atttypid = 'uuid'::regtype or a.attname = 'user_id')
        -- Who did it: an id that leads to nobody any more.
        and (c.relname, a.attname) <> ('audit_log', 'actor_id')
      order by a.attnum
    ) as ids
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and not c.relispartition
  order by 1, 2`;

interface Leftovers {
  readonly schema: string;
  readonly name: string;
  /** Its columns that may hold the id of a user. */
  readonly ids: readonly string[];
}

/** Deletes the owner through Auth, and then looks into every table, public or private, for what is left of them. */
export async function ownerDeletion(stack: TestStack, owner: Tenant, database: pg.Client): Promise<Attempt[]> {
  const { rows: tables } = await database.query<Leftovers>(TABLES);
  let deletion: Promise<void> | undefined;
  const deleteOwner = () => {
    deletion ??= deleteThroughAuth(stack, owner);
    return deletion;
  };
  const looks = tables.map(
    (table): Attempt => ({
      subject: table.name,
      persona: 'nobody',
      operation: 'forget',
      run: async () => {
        await deleteOwner();
        return findLeftovers(database, table, owner);
      },
    }),
  );
  const verification: Attempt = {
    subject: 'audit_log',
    persona: 'nobody',
    operation: 'forget',
    run: async () => {
      await deleteOwner();
      const { problems } = await verifyAuditLog(database);
      return problems.length > 0 ? `its chains no longer verify: ${problems.join('; ')}` : undefined;
    },
  };
  return [...looks, verification];
}

async function deleteThroughAuth({ apiUrl, keys }: TestStack, { userId }: Tenant): Promise<void> {
  const auth = { persistSession: false, autoRefreshToken: false };
  const { error } = await createClient(apiUrl, keys.secretKey, { auth }).auth.admin.deleteUser(userId);
  if (error) throw new Error(`the owner cannot be deleted: ${error.message}`);
}

async function findLeftovers(
  database: pg.Client,
  { schema, name, ids }: Leftovers,
  { userId, email }: Tenant,
): Promise<string | undefined> {
  const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
  const holdsId = ids.map((column) => `t.${pg.escapeIdentifier(column)}::text = $1`).join(' or ') || 'false';
  const { rows } = await database.query<{ own: number; mentions: number }>(
    `select count(*) filter (where ${holdsId})::int as own,
       count(*) filter (where $1::text is not null and position(lower($2) in lower(to_jsonb(t)::text)) > 0)::int as mentions
     from ${table} t`,
    [userId, email],
  );
  const { own = 0, mentions = 0 } = rows[0] ?? {};
  if (own > 0) return `${own} rows still carry the id of a deleted user`;
  return mentions > 0 ? `${mentions} rows still hold the e-mail address of a deleted user` : undefined;
}
