import type { TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';

/** What a runner holds of a run. */
interface HeldLease {
  readonly bot_id: string;
  readonly run_id: string;
  readonly fencing_token: string;
  readonly reconciled: boolean;
  readonly last_report_seq: string;
}

interface OpenCommand {
  readonly seq: string;
  readonly type: string;
  readonly bot_id: string | null;
  readonly payload: { run_id?: string; fencing_token?: number; close_positions?: boolean };
}

/** A machine that executes bots: what it may do right and wrong, each call a transaction of its own. */
export class DrivenRunner {
  readonly #driver: LifecycleDriver;
  readonly #key: string;
  readonly #machineId: string;
  sessionId = '';
  #claims: object = {};

  constructor(driver: LifecycleDriver, key: string, machineId: string) {
    this.#driver = driver;
    this.#key = key;
    this.#machineId = machineId;
  }

  async connect(): Promise<void> {
    const [row] = await this.#driver.asService('select public.connect_runner($1, $2, $3) as session', [
      this.#key,
      '203.0.113.9',
      this.#machineId,
    ]);
    const { session_id, user_id, api_key_id, epoch } = row.session;
    this.sessionId = session_id;
    this.#claims = { sub: session_id, role: 'authenticated', app_metadata: { user_id, api_key_id, epoch } };
  }

  #call(statement: string, values: unknown[] = []) {
    return this.#driver.as(this.#claims, statement, values);
  }

  heartbeat = () => this.#call(`select public.runner_heartbeat('{}', '{}', now())`);
  disconnect = () => this.#call('select public.disconnect_runner()');

  async leases(): Promise<HeldLease[]> {
    return this.#driver.asService(
      `select l.bot_id, l.run_id, l.fencing_token, l.reconciled, r.last_report_seq from public.bot_leases l join public.trading_runs r on r.id = l.run_id
       where l.runner_session_id = $1 and l.released_at is null order by l.bot_id`,
      [this.sessionId || null],
    );
  }

  async commands(): Promise<OpenCommand[]> {
    return this.#driver.asService(
      `select seq, type, bot_id, payload from public.runner_commands
       where runner_session_id = $1 and status in ('queued', 'delivered') order by seq`,
      [this.sessionId || null],
    );
  }

  async reconcile({ run_id, fencing_token }: HeldLease, isRight = true): Promise<void> {
    const [row] = await this.#driver.asService(
      `select coalesce((select jsonb_agg(jsonb_build_object('symbol', symbol, 'quantity', case direction when 'long' then open_quantity else -open_quantity end))
                 from public.positions where run_id = $1 and status = 'open'), '[]') as positions,
              coalesce((select jsonb_agg(client_order_id) from public.orders where run_id = $1
                 and status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel')), '[]') as open_orders`,
      [run_id],
    );
    const holding = isRight ? row : { ...row, positions: [{ symbol: 'WRONG', quantity: 1 }] };
    await this.#call('select public.reconcile_run($1, $2, $3)', [run_id, fencing_token, JSON.stringify(holding)]);
  }

  async open({ run_id, fencing_token }: HeldLease, fills: boolean): Promise<void> {
    const client_order_id = crypto.randomUUID();
    const intent = { client_order_id, symbol: 'ACME', side: 'buy', type: 'market', quantity: 2, reference_price: 10 };
    const [row] = await this.#call('select public.submit_order_intents($1, $2, $3) as decisions', [
      run_id,
      fencing_token,
      JSON.stringify([{ ...intent, at: new Date().toISOString() }]),
    ]);
    if (!fills || !row.decisions[0].accepted) return;
    await this.#report(run_id, fencing_token, [
      {
        kind: 'fill',
        client_order_id,
        external_id: client_order_id,
        symbol: 'ACME',
        side: 'buy',
        quantity: 2,
        price: 10,
      },
    ]);
  }

  /** Cancels what works, and closes what is held if it is to; then, perhaps, ends the run. */
  async close(
    { run_id, fencing_token }: HeldLease,
    positionsToo: boolean,
    end: 'stopped' | 'error' | null,
  ): Promise<void> {
    const orders = await this.#driver.asService(
      `select client_order_id from public.orders where run_id = $1 and status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel')`,
      [run_id],
    );
    const positions = positionsToo
      ? await this.#driver.asService(
          `select symbol, open_quantity::float8 as quantity from public.positions where run_id = $1 and status = 'open'`,
          [run_id],
        )
      : [];
    await this.#report(run_id, fencing_token, [
      ...orders.map(({ client_order_id }) => ({ kind: 'order', client_order_id, status: 'cancelled' })),
      ...positions.flatMap(({ symbol, quantity }) => {
        const client_order_id = crypto.randomUUID();
        const terms = { symbol, side: 'sell', type: 'market', quantity };
        return [
          { kind: 'order', client_order_id, status: 'submitted', terms },
          { kind: 'fill', client_order_id, external_id: client_order_id, symbol, side: 'sell', quantity, price: 11 },
        ];
      }),
      ...(end === null ? [] : [{ kind: 'run_ended', status: end }]),
      { kind: 'log', level: 'INFO', message: 'closed' },
    ]);
  }

  fail = ({ run_id, fencing_token }: HeldLease) =>
    this.#report(run_id, fencing_token, [{ kind: 'error', code: 'broken', message: 'It broke', is_fatal: true }]);

  async #report(runId: string, fencingToken: string, items: object[]): Promise<void> {
    const [run] = await this.#driver.asService(
      'select last_report_seq + 1 as next from public.trading_runs where id = $1',
      [runId],
    );
    const at = new Date().toISOString();
    await this.#call('select public.report_run($1, $2, $3, $4)', [
      runId,
      fencingToken,
      run?.next ?? 1,
      JSON.stringify(items.map((item) => ({ ...item, at }))),
    ]);
  }

  acknowledge = (seq: string, error: object | null = null) =>
    this.#call('select public.acknowledge_command($1, $2)', [seq, error && JSON.stringify(error)]);

  /** Does a command as it should be done. */
  async carryOut({ seq, type, bot_id, payload }: OpenCommand): Promise<void> {
    for (const lease of await this.leases()) {
      const isMeant =
        payload.run_id === undefined ? (bot_id ?? lease.bot_id) === lease.bot_id : payload.run_id === lease.run_id;
      if (!isMeant) continue;
      if (type === 'start_bot' && !lease.reconciled) await this.reconcile(lease);
      if (type === 'stop_bot') await this.close(lease, true, 'stopped');
      if (type === 'emergency_stop') await this.close(lease, payload.close_positions === true, null);
    }
    await this.acknowledge(seq);
  }
}

/** Connections through which owners, runners and workers work at the same time. */
export class LifecycleDriver {
  readonly #pool: pg.Pool;
  /** Answers that no caller should ever get. */
  readonly faults: string[] = [];

  constructor(stack: TestStack) {
    this.#pool = new pg.Pool({ connectionString: stack.databaseUrl(), max: 8 });
  }

  /** Runs a statement with the rights and claims that PostgREST gives a token. What the API refuses is no fault. */
  async as(claims: object, statement: string, values: unknown[] = []) {
    const connection = await this.#pool.connect();
    try {
      await connection.query('begin');
      await connection.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)]);
      await connection.query('set local role authenticated');
      const { rows } = await connection.query(statement, values);
      await connection.query('commit');
      return rows;
    } catch (error) {
      await connection.query('rollback');
      if (error instanceof pg.DatabaseError && error.code !== 'PGRST')
        this.faults.push(
          `${error.code} ${error.message} (${error.detail ?? ''}; ${error.where ?? ''}; ${error.hint ?? ''}): ${statement}`,
        );
      throw error;
    } finally {
      connection.release();
    }
  }

  async asService(statement: string, values: unknown[] = []) {
    try {
      return (await this.#pool.query(statement, values)).rows;
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code !== 'PGRST')
        this.faults.push(
          `${error.code} ${error.message} (${error.detail ?? ''}; ${error.where ?? ''}; ${error.hint ?? ''}): ${statement}`,
        );
      throw error;
    }
  }

  /** What cannot be true of bots, runs, leases, commands and orders between two transactions. */
  async contradictions(): Promise<string[]> {
    const rows = await this.asService(`
      with s as (
        select b.id, b.status, l.intent, l.released_at, l.bot_id as leased, r.status as run_status, n.status as session_status, private.open_exposure(b.id) as open,
          (select count(*) from public.trading_runs x where x.bot_id = b.id and x.status = 'running') as running,
          (select array_agg(c.type) from public.runner_commands c where c.runner_session_id = l.runner_session_id and c.status in ('queued', 'delivered')
            and coalesce(c.bot_id, b.id) = b.id and coalesce(c.payload ->> 'run_id', l.run_id::text) = l.run_id::text) as commands
        from public.bots b left join public.bot_leases l on l.bot_id = b.id left join public.trading_runs r on r.id = l.run_id
        left join public.runner_sessions n on n.id = l.runner_session_id
      )
      select v.problem || ': ' || to_jsonb(s)::text as problem from s cross join lateral (values
        (status = 'stopped' and open is not null, 'a stopped bot holds something'),
        (status = 'stopped' and leased is not null and released_at is null, 'a stopped bot is held'),
        (status in ('starting', 'running', 'paused', 'stopping') and (leased is null or released_at is not null), 'a bot runs and is not held'),
        ((leased is not null and released_at is null) <> (running > 0), 'a lease without a run, or a run without a lease'),
        (leased is not null and released_at is null and run_status <> 'running', 'the run of a lease is over'),
        (running > 1, 'two runs'),
        (status = 'running' and intent <> 'run', 'it runs and is to do something else'),
        (status = 'paused' and intent <> 'pause', 'it is paused and is to do something else'),
        (status = 'stopping' and intent <> 'stop', 'it is stopping and is to do something else'),
        (status = 'starting' and session_status = 'connected' and not 'start_bot' = any (coalesce(commands, '{}')), 'it starts and nobody was told'),
        (status = 'stopping' and session_status = 'connected' and not coalesce(commands, '{}') && '{stop_bot,emergency_stop}', 'it is stopping and nobody was told')
      ) v (holds, problem) where v.holds
      union all
      select 'an order that is over reserves ' || o.id from public.orders o
      where o.status in ('filled', 'cancelled', 'rejected', 'expired') and (o.reserved_value <> 0 or o.reserved_risk <> 0)
      union all
      select 'a position that is closed is at stake ' || p.id from public.positions p where p.status <> 'open' and p.reserved_risk <> 0`);
    return rows.map(({ problem }) => problem);
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}
