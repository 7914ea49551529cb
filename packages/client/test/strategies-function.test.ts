import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { invoke } from './support/invoke.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp, signUpAs } from './support/personas.ts';
import { seedMarket } from './support/seed-market.ts';

/** Strategies and studies through the function api: what a frontend of a strategy editor calls. */
let stack: TestStack;
let owner: Persona;
let other: Persona;

const RULES = {
  name: 'crossing',
  long: { entry: 'sma(close, fast) > sma(close, 20)' },
  parameters: { fast: { default: 5, min: 2, max: 19 } },
};
const SOURCE = `name: crossing
parameters:
  fast: { default: 5, min: 2, max: 19 }
long:
  entry: sma(close, fast) > sma(close, 20)
`;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await Promise.all([seedMarket(stack), liftLimits(stack)]);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
});

afterAll(() => stack?.stop());

const call = ({ client }: Persona, method: Parameters<typeof invoke>[1], path: string, body?: object) =>
  invoke(client, method, `api${path}`, body);

async function create(persona: Persona, name: string, body: object = { spec: RULES }): Promise<string> {
  const { status, body: created } = await call(persona, 'POST', '/strategies', { name, ...body });
  expect([status, created]).toMatchObject([201, { name }]);
  return String(created.id);
}

describe('POST /strategies', () => {
  it('makes a strategy with its first version, of a specification or of YAML', async () => {
    const spec = await call(owner, 'POST', '/strategies', { name: 'By spec', description: 'First try', spec: RULES });
    expect([spec.status, spec.body]).toMatchObject([
      201,
      {
        name: 'By spec',
        description: 'First try',
        current_version: 1,
        version: { version: 1, source: null, spec: RULES },
      },
    ]);
    const yaml = await call(owner, 'POST', '/strategies', { name: 'By YAML', source: SOURCE, note: 'As written' });
    expect(yaml.body.version).toMatchObject({
      version: 1,
      source: SOURCE,
      note: 'As written',
      spec: { name: 'crossing' },
    });
  });

  it('refuses a name that is taken, and leaves nothing of the second', async () => {
    await create(owner, 'Once');
    const { status, body } = await call(owner, 'POST', '/strategies', { name: 'Once', spec: RULES });
    expect([status, body.code]).toEqual([409, 'strategy_name_taken']);
    await create(other, 'Once');
  });

  it('refuses what cannot run, with the place in the text', async () => {
    const { status, body } = await call(owner, 'POST', '/strategies', {
      name: 'Wrong',
      source: SOURCE.replace('sma(close, 20)', 'crystal_ball'),
    });
    expect([status, body]).toMatchObject([
      422,
      {
        code: 'invalid_request',
        details: [{ path: 'source.long.entry', message: expect.stringMatching(/^line 5, column \d+: /) }],
      },
    ]);
    const both = await call(owner, 'POST', '/strategies', { name: 'Both', spec: RULES, source: SOURCE });
    expect(both.status).toBe(422);
  });

  it('is not for viewers', async () => {
    const viewer = await signUpAs(stack, 'viewer', 'viewer');
    expect((await call(viewer, 'POST', '/strategies', { name: 'Mine', spec: RULES })).status).toBe(403);
  });
});

describe('GET, PUT and DELETE /strategies', () => {
  it('lists own strategies page by page, and reads one with its latest version', async () => {
    const carol = await signUp(stack, 'carol');
    for (const name of ['A', 'B', 'C']) await create(carol, name);
    const first = await call(carol, 'GET', '/strategies?limit=2');
    expect(first.body).toMatchObject({ items: [{ name: 'C' }, { name: 'B' }] });
    const last = await call(carol, 'GET', `/strategies?limit=2&cursor=${first.body.next_cursor}`);
    expect(last.body).toMatchObject({ items: [{ name: 'A' }], next_cursor: null });
  });

  it('adds a version where a specification is given, and changes the rest in place', async () => {
    const id = await create(owner, 'Changing');
    const renamed = await call(owner, 'PUT', `/strategies/${id}`, { name: 'Changed', is_active: false });
    expect([renamed.status, renamed.body]).toMatchObject([
      200,
      { name: 'Changed', is_active: false, current_version: 1 },
    ]);
    const spec = { ...RULES, long: { entry: 'close > open' } };
    const second = await call(owner, 'PUT', `/strategies/${id}`, { spec, note: 'Simpler' });
    expect(second.body).toMatchObject({ current_version: 2, version: { version: 2, note: 'Simpler' } });
    const versions = await call(owner, 'GET', `/strategies/${id}/versions?limit=1`);
    expect(versions.body).toMatchObject({ items: [{ version: 2 }], next_cursor: 2 });
    const older = await call(owner, 'GET', `/strategies/${id}/versions?limit=1&cursor=2`);
    expect(older.body).toMatchObject({ items: [{ version: 1, spec: RULES }], next_cursor: null });
  });

  it("does not find another user's", async () => {
    const id = await create(owner, 'Private');
    for (const [method, path, body] of [
      ['GET', ''],
      ['PUT', '', { name: 'Stolen' }],
      ['DELETE', ''],
      ['GET', '/versions'],
    ] as const) {
      const answer = await call(other, method, `/strategies/${id}${path}`, body);
      expect([method, answer.status, answer.body.code]).toEqual([method, 404, 'strategy_not_found']);
    }
  });

  it('deletes one with its versions', async () => {
    const id = await create(owner, 'Short-lived');
    expect((await call(owner, 'DELETE', `/strategies/${id}`)).status).toBe(204);
    expect((await call(owner, 'GET', `/strategies/${id}`)).status).toBe(404);
  });
});

describe('POST /strategies/validate', () => {
  it('tells what can be chosen and how long it warms up', async () => {
    const { status, body } = await call(owner, 'POST', '/strategies/validate', { source: SOURCE });
    expect([status, body]).toMatchObject([
      200,
      {
        valid: true,
        issues: [],
        parameters: { fast: { default: 5, min: 2, max: 19 } },
        warm_up_bars: expect.any(Number),
      },
    ]);
    expect(body.warm_up_bars).toBeGreaterThanOrEqual(19);
  });

  it('tells everything that is wrong, with its place', async () => {
    const form = await call(owner, 'POST', '/strategies/validate', { source: 'name: Crossing Ways\nlong: {}\n' });
    expect(form.body).toMatchObject({ valid: false, spec: null, parameters: null, warm_up_bars: null });
    expect(form.body.issues).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: 'name', line: 1 }),
        expect.objectContaining({ path: 'long.entry', line: 2 }),
      ]),
    );
    const meaning = await call(owner, 'POST', '/strategies/validate', {
      spec: { name: 'sma-cross', params: { fast: 'x' } },
    });
    expect(meaning.body).toMatchObject({ valid: false, issues: [{ path: expect.stringContaining('params') }] });
  });
});

describe('GET /strategies/built-in', () => {
  it('lists the strategies of the engine with their parameters', async () => {
    const { status, body } = await call(owner, 'GET', '/strategies/built-in');
    expect(status).toBe(200);
    expect(body.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'sma-cross',
          description: expect.any(String),
          parameters: expect.objectContaining({ fast: expect.objectContaining({ type: 'integer' }) }),
        }),
      ]),
    );
  });
});

describe('A backtest by strategy_id', () => {
  it('runs its latest version, or the named one, with other parameters', async () => {
    const id = await create(owner, 'To backtest');
    await call(owner, 'PUT', `/strategies/${id}`, { spec: { ...RULES, long: { entry: 'close > open' } } });
    const request = { symbol: 'ACME', timeframe: '1d', strategy_id: id };
    const latest = await call(owner, 'POST', '/backtests', request);
    expect([latest.status, latest.body]).toMatchObject([201, { strategy: { long: { entry: 'close > open' } } }]);
    const first = await call(owner, 'POST', '/backtests', { ...request, version: 1, params: { fast: 7 } });
    expect(first.body).toMatchObject({ strategy: { ...RULES, params: { fast: 7 } } });
    const bounded = await call(owner, 'POST', '/backtests', { ...request, version: 1, params: { fast: 70 } });
    expect([bounded.status, bounded.body.code]).toEqual([422, 'invalid_request']);
    const stolen = await call(other, 'POST', '/backtests', request);
    expect([stolen.status, stolen.body.code]).toEqual([404, 'strategy_not_found']);
  });
});

describe('Optimisations', () => {
  const request = {
    kind: 'grid',
    symbol: 'ACME',
    timeframe: '1d',
    strategy: { name: 'sma-cross' },
    search_space: { fast: { values: [2, 3] } },
    fee_bps: 10,
  };

  it('are requested, listed, followed and cancelled', async () => {
    const { status, body } = await call(owner, 'POST', '/optimisations', { ...request, trials: 2, seed: 9 });
    expect([status, body]).toMatchObject([
      201,
      {
        name: 'grid of sma-cross',
        kind: 'grid',
        objective: 'sharpe',
        status: 'queued',
        planned_trials: 2,
        seed: 9,
        spec: { settings: { fees: { type: 'bps', taker_bps: 10 } }, initial_cash: 10_000 },
      },
    ]);
    expect((await call(owner, 'GET', '/optimisations?status=queued')).body).toMatchObject({ items: [{ id: body.id }] });
    await asPostgres(stack, async (client) => {
      await client.query(
        `insert into public.trials (study_id, user_id, number, params, metrics, objective_value, status)
         select $1, $2, n, '{"fast": 2}', '{"sharpe": 1}', n, 'completed' from generate_series(1, 3) n`,
        [body.id, owner.id],
      );
      await client.query('update public.studies set best_trial = 3 where id = $1', [body.id]);
    });
    const results = await call(owner, 'GET', `/optimisations/${body.id}/results?limit=2`);
    expect(results.body).toMatchObject({
      status: 'queued',
      best: { number: 3, objective_value: 3 },
      result: null,
      trials: { items: [{ number: 1 }, { number: 2 }], next_cursor: 2 },
    });
    expect((await call(other, 'GET', `/optimisations/${body.id}/results`)).body.code).toBe('study_not_found');
    expect((await call(other, 'POST', `/optimisations/${body.id}/cancel`)).body.code).toBe('study_not_found');
    expect((await call(owner, 'POST', `/optimisations/${body.id}/cancel`)).body.status).toBe('cancelled');
    expect((await call(owner, 'DELETE', `/optimisations/${body.id}`)).status).toBe(204);
    expect((await call(owner, 'GET', `/optimisations/${body.id}`)).status).toBe(404);
  });

  it.each([
    ['nothing to search', { search_space: {} }, 'search_space'],
    ['a walk-forward without windows', { kind: 'walk_forward' }, 'walk_forward'],
    ['a kind nobody knows', { kind: 'guess' }, 'kind'],
    ['an objective that can be no metric', { objective: 'Best!' }, 'objective'],
    ['a strategy that cannot run', { strategy: { name: 'crystal-ball' } }, 'strategy.name'],
  ])('are refused with %s', async (_what, change, path) => {
    const { status, body } = await call(owner, 'POST', '/optimisations', { ...request, ...change });
    expect([status, body]).toMatchObject([422, { code: 'invalid_request', details: [{ path }] }]);
  });

  it('take a strategy of the user', async () => {
    const id = await create(owner, 'To optimise');
    const { body } = await call(owner, 'POST', '/optimisations', { ...request, strategy: undefined, strategy_id: id });
    expect(body).toMatchObject({
      name: 'grid of crossing',
      spec: { strategy: RULES },
      strategy_version_id: expect.any(String),
    });
  });
});

describe('Bias checks', () => {
  it('are requested, read and cancelled, apart from optimisations', async () => {
    const { status, body } = await call(owner, 'POST', '/bias-checks', {
      symbol: 'ACME',
      timeframe: '1d',
      strategy: { name: 'sma-cross' },
      start_up_bars: [30, 60],
    });
    expect([status, body]).toMatchObject([
      201,
      { kind: 'bias_check', spec: { start_up_bars: [30, 60] }, objective: null },
    ]);
    expect((await call(owner, 'GET', `/bias-checks/${body.id}`)).body).toMatchObject({ id: body.id, result: null });
    expect((await call(owner, 'GET', `/optimisations/${body.id}`)).body.code).toBe('study_not_found');
    expect((await call(owner, 'GET', '/bias-checks')).body).toMatchObject({ items: [{ id: body.id }] });
    const { rows } = await asPostgres(stack, (client) =>
      client.query('select name from pgboss.job where id = $1', [body.id]),
    );
    expect(rows).toEqual([{ name: 'bias-check' }]);
    expect((await call(owner, 'POST', `/bias-checks/${body.id}/cancel`)).body.status).toBe('cancelled');
  });
});
