import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asService, type Persona, signUp } from './support/personas.ts';
import { seedMarket } from './support/seed-market.ts';
import { seedBot } from './support/seed-trading.ts';
import { acceptedTransitions, listedTransitions } from './support/transitions.ts';

/** Backtests, studies and models: what users ask for and workers answer, through PostgREST with supabase-js. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let postgres: pg.Client;

const STRATEGY = { name: 'sma-cross', params: { fast: 2, slow: 5 } };

beforeAll(async () => {
  stack = await startStack();
  await seedMarket(stack);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
  await limitOpenStudies('null');
});

afterAll(async () => {
  await postgres?.end();
  await stack?.stop();
});

async function requestBacktest({ client }: Persona): Promise<string> {
  const { data, error } = await client.rpc('create_backtest', {
    p_symbol: 'ACME',
    p_timeframe: '1d',
    p_strategy: STRATEGY,
  });
  if (error) throw error;
  return data.id;
}

async function insertId(statement: string, values: unknown[]): Promise<string> {
  const { rows } = await postgres.query<{ id: string }>(`${statement} returning id`, values);
  return rows[0]?.id ?? '';
}

const limitOpenStudies = (value: string) =>
  postgres.query(`update public.system_config set value = $1 where key = 'quota.open_studies'`, [value]);

const insertStudy = (userId: string) =>
  insertId(
    `insert into public.studies (user_id, name, kind, instrument_id, timeframe, spec, objective)
     select $1, 'Grid', 'grid', id, '1d', '{"strategy": {"name": "sma-cross"}}', 'sharpe' from public.instruments where symbol = 'ACME'`,
    [userId],
  );

const insertModel = (userId: string, name: string) =>
  insertId(
    `insert into public.models (user_id, name, kind, task, instrument_id, timeframe, feature_spec)
     select $1, $2, 'gradient-boosting', 'classification', id, '1d', '{}' from public.instruments where symbol = 'ACME'`,
    [userId, name],
  );

const insertTrials = (studyId: string, userId: string, numbers: number[]) =>
  postgres.query(
    `insert into public.trials (study_id, user_id, number, params) select $1, $2, unnest($3::integer[]), '{}'`,
    [studyId, userId, numbers],
  );

describe('The status', () => {
  /** A task that failed says why, and no other does. */
  const error = (status: string) => (status === 'failed' ? `error = '{"code": "worker_failed"}'` : 'error = null');

  it.each([
    ['backtests', async () => ({ where: `id = '${await requestBacktest(owner)}'`, with: error })],
    ['studies', async () => ({ where: `id = '${await insertStudy(owner.id)}'`, with: error })],
    [
      'trials',
      async () => {
        const study = await insertStudy(owner.id);
        await insertTrials(study, owner.id, [1]);
        return { where: `study_id = '${study}'` };
      },
    ],
    [
      'models',
      async () => ({
        where: `id = '${await insertModel(owner.id, 'Statuses')}'`,
        with: (status: string) => (status === 'ready' ? 'version = version + 1, trained_at = now()' : ''),
      }),
    ],
    [
      'training_runs',
      async () => {
        const model = await insertModel(owner.id, 'Trained');
        const insert = 'insert into public.training_runs (model_id, user_id) values ($1, $2)';
        return { where: `id = '${await insertId(insert, [model, owner.id])}'`, with: error };
      },
    ],
  ])('of %s changes in the listed ways and in no other', async (table, row) => {
    const listed = await listedTransitions(postgres, table);
    expect(listed.length).toBeGreaterThan(0);
    expect(await acceptedTransitions(postgres, { table, ...(await row()) })).toEqual(listed);
  });

  it('of a backtest that has ended is answered with 409 and stays', async () => {
    const id = await requestBacktest(owner);
    await postgres.query(`update public.backtests set status = 'running' where id = $1`, [id]);
    await postgres.query(`update public.backtests set status = 'completed', progress = 1 where id = $1`, [id]);
    const { status, error } = await owner.client.from('backtests').update({ status: 'cancelled' }).eq('id', id);
    expect([status, error?.code]).toEqual([409, 'invalid_transition']);
    const { data } = await owner.client.from('backtests').select('status, finished_at').eq('id', id).single();
    expect(data).toEqual({ status: 'completed', finished_at: expect.any(String) });
  });
});

describe('A backtest', () => {
  it('is deleted by its owner once it has ended, with its result and its trades', async () => {
    const id = await requestBacktest(owner);
    const remove = ({ client }: Persona) => client.from('backtests').delete().eq('id', id).select('id');
    await postgres.query(`update public.backtests set status = 'running' where id = $1`, [id]);
    expect((await remove(owner)).data).toEqual([]);
    await postgres.query(
      `insert into public.backtest_results (backtest_id, user_id, summary, equity_at, equity, stored_trades)
       values ($1, $2, '{}', '{}', '{}', 1)`,
      [id, owner.id],
    );
    await postgres.query(
      `insert into public.backtest_trades values ($1, 1, $2, 'long', 1, 2, now(), now(), 1, 1, 1, 0, 0, 0)`,
      [id, owner.id],
    );
    await postgres.query(`update public.backtests set status = 'completed' where id = $1`, [id]);
    expect((await remove(other)).data).toEqual([]);
    expect((await remove(owner)).data).toEqual([{ id }]);
    const { rows } = await postgres.query(
      `select (select count(*)::int from public.backtest_results where backtest_id = $1) as results,
              (select count(*)::int from public.backtest_trades where backtest_id = $1) as trades`,
      [id],
    );
    expect(rows).toEqual([{ results: 0, trades: 0 }]);
  });

  it('is neither requested nor cancelled nor deleted by a viewer', async () => {
    const viewer = await signUp(stack, 'viewer');
    const id = await requestBacktest(viewer);
    await postgres.query(`update public.user_roles set role = 'viewer' where user_id = $1`, [viewer.id]);
    await expect(requestBacktest(viewer)).rejects.toMatchObject({ code: '42501' });
    const cancelled = await viewer.client.from('backtests').update({ status: 'cancelled' }).eq('id', id).select();
    expect(cancelled.data).toEqual([]);
    await postgres.query(`update public.backtests set status = 'cancelled' where id = $1`, [id]);
    expect((await viewer.client.from('backtests').delete().eq('id', id).select()).data).toEqual([]);
    expect((await viewer.client.from('backtests').select('id')).data).toEqual([{ id }]);
  });

  it('gets no result and no trade of another user', async () => {
    const id = await requestBacktest(owner);
    for (const statement of [
      `insert into public.backtest_results (backtest_id, user_id, summary, equity_at, equity, stored_trades)
       values ($1, $2, '{}', '{}', '{}', 1)`,
      `insert into public.backtest_trades values ($1, 1, $2, 'long', 1, 2, now(), now(), 1, 1, 1, 0, 0, 0)`,
    ]) {
      await expect(postgres.query(statement, [id, other.id])).rejects.toMatchObject({ code: '23503' });
    }
  });
});

describe('A backtest of a version of a strategy', () => {
  const request = { p_symbol: 'ACME', p_timeframe: '1d' };

  it('runs what the version says, with the parameters of the request', async () => {
    const persona = await signUp(stack, 'owner-of-version');
    await persona.client.rpc('create_strategy', { p_name: 'Mine', p_spec: STRATEGY });
    const { data: version } = await persona.client.from('strategy_versions').select('id').single();
    const p_strategy_version_id = String(version?.id);
    const whole = await persona.client.rpc('create_backtest', { ...request, p_strategy_version_id });
    expect(whole.data).toMatchObject({ strategy: STRATEGY, strategy_version_id: p_strategy_version_id });
    const changed = await persona.client.rpc('create_backtest', {
      ...request,
      p_strategy_version_id,
      p_strategy: { params: { fast: 4 } },
    });
    expect(changed.data?.strategy).toEqual({ name: 'sma-cross', params: { fast: 4, slow: 5 } });
    const different = await persona.client.rpc('create_backtest', {
      ...request,
      p_strategy_version_id,
      p_strategy: { name: 'macd-rsi' },
    });
    expect(different.error?.code).toBe('invalid_request');
    const stolen = await other.client.rpc('create_backtest', { ...request, p_strategy_version_id });
    expect(stolen.error?.code).toBe('strategy_not_found');
  });
});

describe('A study', () => {
  it('counts every trial it ever made, those deleted included', async () => {
    const id = await insertStudy(owner.id);
    await insertTrials(id, owner.id, [1, 2, 3]);
    await insertTrials(id, owner.id, [4]);
    await postgres.query('delete from public.trials where study_id = $1 and number < 3', [id]);
    const { data } = await owner.client.from('studies').select('trial_count, trials (number)').eq('id', id).single();
    expect(data).toEqual({ trial_count: 4, trials: [{ number: 3 }, { number: 4 }] });
  });

  it('is requested by a user with its job and its event, and cancelled', async () => {
    const persona = await signUp(stack, 'student');
    const request = {
      p_name: 'Mine',
      p_kind: 'random',
      p_symbol: 'ACME',
      p_timeframe: '1d',
      p_spec: { strategy: STRATEGY },
      p_search_space: { fast: { min: 2, max: 9 } },
      p_objective: 'sharpe',
      p_planned_trials: 10,
    };
    const { data } = await persona.client.rpc('create_study', request);
    expect(data).toMatchObject({ status: 'queued', symbol: 'ACME', family: 'name:sma-cross', requested_trials: 10 });
    const job = await postgres.query('select name, state from pgboss.job where id = $1', [data?.id]);
    expect(job.rows).toEqual([{ name: 'optimise', state: 'created' }]);
    const events = await persona.client
      .from('events')
      .select('event, payload->kind')
      .eq('payload->>id', String(data?.id));
    expect(events.data).toEqual([{ event: 'task_queued', kind: 'study' }]);
    const cancel = ({ client }: Persona) => client.rpc('cancel_study', { p_study_id: String(data?.id) });
    expect((await cancel(other)).error?.code).toBe('study_not_found');
    expect((await cancel(persona)).data?.status).toBe('cancelled');
    expect((await cancel(persona)).data?.status).toBe('cancelled');
    const after = await postgres.query('select state from pgboss.job where id = $1', [data?.id]);
    expect(after.rows).toEqual([{ state: 'cancelled' }]);
    const more = await persona.client.rpc('create_study', { ...request, p_planned_trials: 5001 });
    expect(more.error?.code).toBe('quota_exceeded');
    const nowhere = await persona.client.rpc('create_study', {
      ...request,
      p_spec: { strategy: STRATEGY, from: '2031-01-01' },
    });
    expect(nowhere.error?.code).toBe('empty_range');
    const never = await persona.client.rpc('create_study', {
      ...request,
      p_spec: { strategy: STRATEGY, from: 'never' },
    });
    expect(never.error?.code).toBe('invalid_request');
  });

  it('of which too many are open is refused', async () => {
    const busy = await signUp(stack, 'busy');
    await limitOpenStudies('2');
    for (let n = 0; n < 2; n += 1) await insertStudy(busy.id);
    await expect(insertStudy(busy.id)).rejects.toMatchObject({ message: expect.stringContaining('2 studies queued') });
    await limitOpenStudies('null');
  });

  it('of a version of a strategy runs that version, and its trials count for the strategy after it is deleted', async () => {
    const persona = await signUp(stack, 'versioned');
    const { data: strategy } = await persona.client.rpc('create_strategy', { p_name: 'Mine', p_spec: STRATEGY });
    const { data: version } = await persona.client.from('strategy_versions').select('id').single();
    const { data: study } = await persona.client.rpc('create_study', {
      p_name: 'Versioned',
      p_kind: 'grid',
      p_symbol: 'ACME',
      p_timeframe: '1d',
      p_spec: { strategy: { params: { fast: 3 } } },
      p_objective: 'sharpe',
      p_strategy_version_id: String(version?.id),
    });
    expect(study).toMatchObject({
      family: `strategy:${strategy?.id}`,
      spec: { strategy: { name: 'sma-cross', params: { fast: 3, slow: 5 } } },
    });
    await insertTrials(String(study?.id), persona.id, [1, 2, 3]);
    await persona.client.rpc('cancel_study', { p_study_id: String(study?.id) });
    await persona.client.from('strategies').delete().eq('id', String(strategy?.id));
    await persona.client.from('studies').delete().eq('id', String(study?.id));
    const { data: counts } = await persona.client.from('strategy_trial_counts').select('family, trial_count');
    expect(counts).toEqual([{ family: `strategy:${strategy?.id}`, trial_count: 3 }]);
  });
});

describe('Research', () => {
  it.each([
    [
      'a trial in a study',
      `insert into public.trials (study_id, user_id, number, params) values (:study, :user, 1, '{}')`,
    ],
    ['a training of a model', 'insert into public.training_runs (model_id, user_id) values (:model, :user)'],
    [
      'a prediction by a model',
      `insert into public.predictions (model_id, user_id, instrument_id, timeframe, ts, horizon, model_version, value)
       select :model, :user, id, '1d', now(), 1, 1, 0 from public.instruments where symbol = 'ACME'`,
    ],
    [
      'an artifact of a model',
      `insert into private.model_artifacts (model_id, user_id, version, format, artifact) values (:model, :user, 1, 'x', 'x')`,
    ],
  ])('takes %s only with the user of that', async (what, statement) => {
    const [study, model] = [await insertStudy(owner.id), await insertModel(owner.id, `Parent: ${what}`)];
    const ofOther = statement
      .replace(':study', `'${study}'`)
      .replace(':model', `'${model}'`)
      .replace(':user', `'${other.id}'`);
    await expect(postgres.query(ofOther)).rejects.toMatchObject({ code: '23503' });
  });

  it('is read by its owner alone', async () => {
    await insertTrials(await insertStudy(owner.id), owner.id, [1]);
    for (const table of ['studies', 'trials', 'models'] as const) {
      expect((await owner.client.from(table).select('user_id')).data?.length).toBeGreaterThan(0);
      expect((await other.client.from(table).select('user_id')).data).toEqual([]);
    }
  });

  it('goes with its user', async () => {
    const leaving = await signUp(stack, 'leaving');
    await insertTrials(await insertStudy(leaving.id), leaving.id, [1, 2]);
    const model = await insertModel(leaving.id, 'Leaving');
    await postgres.query('insert into public.training_runs (model_id, user_id) values ($1, $2)', [model, leaving.id]);
    const { error } = await asService(stack).auth.admin.deleteUser(leaving.id);
    expect(error).toBeNull();
    for (const table of ['studies', 'trials', 'models', 'training_runs']) {
      const { rowCount } = await postgres.query(`select from public.${table} where user_id = $1`, [leaving.id]);
      expect([table, rowCount]).toEqual([table, 0]);
    }
  });
});

describe('A model', () => {
  it.each(['signals', 'trades'] as const)('is named by the %s it made, which outlive it', async (table) => {
    const { runId } = await seedBot(stack, owner, `Model of ${table}`);
    const [model, ofOther] = await Promise.all([
      insertModel(owner.id, `Of ${table}`),
      insertModel(other.id, `Of ${table}`),
    ]);
    const name = (id: string) =>
      postgres.query(`update public.${table} set model_id = $1 where run_id = $2`, [id, runId]);
    await expect(name(ofOther)).rejects.toMatchObject({ code: '23503' });
    await name(model);
    const read = () => owner.client.from(table).select('model_id, user_id').eq('run_id', runId).single();
    expect((await read()).data).toEqual({ model_id: model, user_id: owner.id });
    await postgres.query('delete from public.models where id = $1', [model]);
    expect((await read()).data).toEqual({ model_id: null, user_id: owner.id });
  });
});
