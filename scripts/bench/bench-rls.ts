import { startTestServer } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { type Figure, percentile } from './figure.ts';
import { checkPlan } from './rls/check-plan.ts';
import { fillTenancyData, USER } from './rls/tenancy-data.ts';
import { TENANT_QUERIES, type TenantQuery, toSql } from './rls/tenant-queries.ts';

const RUNS = 1000;
const WARM_UP = 100;
/** No query may cost more than this by its policies. */
const MOST_RATIO = 1.5;

/**
 * What row level security costs: the commonest queries as a user, whose policies find the rows, over the same with the
 * owner as a condition as service_role, which bypasses them. Two connections take turns on one database.
 */
export async function benchRls(): Promise<Figure[]> {
  const server = await startTestServer();
  const url = server.server.urlFor('supabase_admin', new URL(server.templateUrl).pathname.slice(1));
  const [user, service] = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })];
  try {
    await Promise.all([user.connect(), service.connect()]);
    await fillTenancyData(service);
    const ownerId = await becomeUser(user);
    await service.query('begin; set local role service_role');
    const figures: Figure[] = [];
    for (const query of TENANT_QUERIES) {
      await checkPlan(user, query);
      figures.push(await compare(query, ownerId, user, service));
    }
    const worst = Math.max(...figures.map(({ value }) => value));
    return [...figures, { name: 'rls.worst_ratio', value: worst, unit: 'x', target: MOST_RATIO }];
  } finally {
    await Promise.all([user.end(), service.end()]);
    await server.stop();
  }
}

/** Gives the user a session, and makes the connection's transaction one of the Data API for it. */
async function becomeUser(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    `insert into auth.sessions (id, user_id, created_at, updated_at, aal)
     values (gen_random_uuid(), md5('user${USER}')::uuid, now(), now(), 'aal1') returning id, user_id`,
  );
  const { id, user_id } = rows[0];
  const claims = { sub: user_id, role: 'authenticated', aal: 'aal1', session_id: id, user_role: 'trader' };
  await client.query('begin');
  await client.query(`select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)`, [
    JSON.stringify(claims),
  ]);
  return user_id;
}

async function compare(query: TenantQuery, ownerId: string, user: pg.Client, service: pg.Client): Promise<Figure> {
  const asUser = () => time(user, query.name, toSql(query));
  const asService = () => time(service, query.name, toSql(query, ownerId));
  const ratios: number[] = [];
  const service_ms: number[] = [];
  let rows = 0;
  for (let i = -WARM_UP; i < RUNS; i += 1) {
    // Who goes first changes, so that neither always finds warmer caches.
    const userFirst = i % 2 === 0 ? await asUser() : undefined;
    const ofService = await asService();
    const ofUser = userFirst ?? (await asUser());
    if (ofUser.rows !== ofService.rows || ofUser.rows === 0) {
      throw new Error(`${query.name}: the user gets ${ofUser.rows} rows, the service ${ofService.rows}`);
    }
    rows = ofUser.rows;
    if (i < 0) continue;
    ratios.push(ofUser.ms / ofService.ms);
    service_ms.push(ofService.ms);
  }
  return {
    name: `rls.${query.name}_ratio`,
    // Of neighbours in time, so that what else the machine does slows both.
    value: percentile(ratios, 0.5),
    unit: 'x',
    target: 1.2,
    peer: `service_role with the owner as a condition, ${rows} rows, ms`,
    peer_value: Number(percentile(service_ms, 0.5).toPrecision(3)),
  };
}

async function time(client: pg.Client, name: string, text: string): Promise<{ ms: number; rows: number }> {
  const startedAt = performance.now();
  const { rowCount } = await client.query({ name, text });
  return { ms: performance.now() - startedAt, rows: rowCount ?? 0 };
}
