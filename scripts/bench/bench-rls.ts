import { startTestServer } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { type Figure, percentile } from './figure.ts';
import { checkPlan } from './rls/check-plan.ts';
import { fillTenancyData, USER } from './rls/tenancy-data.ts';
import { TENANT_QUERIES, type TenantQuery, toSql } from './rls/tenant-queries.ts';

/** Rounds in which each query runs in a burst as the user and in one as the service. */
const ROUNDS = 60;
const WARM_UP = 5;
/** One after another, as on a busy connection of the pool; the first of a burst, which finds other code in the caches, counts as one. */
const BURST = 20;
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
    for (const query of TENANT_QUERIES) await checkPlan(user, query);
    const comparisons = TENANT_QUERIES.map((query) => new Comparison(query, ownerId, user, service));
    // Round by round, so that a slow moment of the machine falls on all queries and not on one.
    for (let i = -WARM_UP; i < ROUNDS; i += 1) {
      for (const comparison of comparisons) await comparison.runBoth(i);
    }
    const figures = comparisons.map((comparison) => comparison.figure());
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

/** One query, timed as the user and as the service in turn. */
class Comparison {
  readonly #query: TenantQuery;
  readonly #asUser: () => Promise<Timed>;
  readonly #asService: () => Promise<Timed>;
  readonly #ratios: number[] = [];
  readonly #serviceMs: number[] = [];
  #rows = 0;

  constructor(query: TenantQuery, ownerId: string, user: pg.Client, service: pg.Client) {
    this.#query = query;
    this.#asUser = () => time(user, query.name, toSql(query));
    this.#asService = () => time(service, query.name, toSql(query, ownerId));
  }

  /** Runs both; those of a negative number are to warm up. Who goes first changes, so that neither always finds warmer caches. */
  async runBoth(number: number): Promise<void> {
    const userFirst = number % 2 === 0 ? await this.#asUser() : undefined;
    const ofService = await this.#asService();
    const ofUser = userFirst ?? (await this.#asUser());
    if (ofUser.rows !== ofService.rows || ofUser.rows === 0) {
      throw new Error(`${this.#query.name}: the user gets ${ofUser.rows} rows, the service ${ofService.rows}`);
    }
    this.#rows = ofUser.rows;
    if (number < 0) return;
    this.#ratios.push(ofUser.ms / ofService.ms);
    this.#serviceMs.push(ofService.ms);
  }

  figure(): Figure {
    return {
      name: `rls.${this.#query.name}_ratio`,
      // Of neighbours in time, so that what else the machine does slows both.
      value: percentile(this.#ratios, 0.5),
      unit: 'x',
      target: 1.2,
      peer: `service_role with the owner as a condition, ${this.#rows} rows, ms`,
      peer_value: Number(percentile(this.#serviceMs, 0.5).toPrecision(3)),
    };
  }
}

interface Timed {
  readonly ms: number;
  readonly rows: number;
}

/** Runs a query in a burst: the time of one of them, and the rows that it gives. */
async function time(client: pg.Client, name: string, text: string): Promise<Timed> {
  let rows = 0;
  const startedAt = performance.now();
  for (let i = 0; i < BURST; i += 1) rows = (await client.query({ name, text })).rowCount ?? 0;
  return { ms: (performance.now() - startedAt) / BURST, rows };
}
