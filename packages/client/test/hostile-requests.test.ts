import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invoke } from './support/invoke.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp, signUpAs } from './support/personas.ts';
import { seedMarket } from './support/seed-market.ts';

/** Requests that nobody would make by mistake: each gets one clear answer, and none of them a 500. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let strategyId: string;
let versionId: string;
let backtestId: string;
let studyId: string;

const RULES = { name: 'crossing', long: { entry: 'close > sma(close, 20)' } };
const MARKET = { symbol: 'ACME', timeframe: '1d' };
const STRATEGY = { name: 'sma-cross' };

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await Promise.all([seedMarket(stack), liftLimits(stack)]);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
  const strategy = await call(owner, 'POST', '/strategies', { name: 'Mine', spec: RULES });
  [strategyId, versionId] = [strategy.body.id, strategy.body.version.id];
  backtestId = (await call(owner, 'POST', '/backtests', { ...MARKET, strategy_id: strategyId })).body.id;
  const study = { ...MARKET, kind: 'grid', strategy: STRATEGY, search_space: { fast: { values: [2, 3] } } };
  studyId = (await call(owner, 'POST', '/optimisations', study)).body.id;
});

afterAll(() => stack?.stop());

const call = ({ client }: Persona, method: Parameters<typeof invoke>[1], path: string, body?: object | string) =>
  invoke(client, method, `api${path}`, body);

describe("Another user's", () => {
  it.each(['/report', '/trades', '/orders', ''])('backtest%s is not found', async (part) => {
    expect((await call(other, 'GET', `/backtests/${backtestId}${part}`)).body.code).toBe('backtest_not_found');
  });

  it.each(['', '/results'])('study%s is not found', async (part) => {
    expect((await call(other, 'GET', `/optimisations/${studyId}${part}`)).body.code).toBe('study_not_found');
    expect((await call(other, 'DELETE', `/optimisations/${studyId}`)).body.code).toBe('study_not_found');
    expect((await call(owner, 'GET', `/bias-checks/${studyId}`)).body.code).toBe('study_not_found');
  });

  it.each([
    ['/backtests', {}],
    ['/optimisations', { kind: 'grid', search_space: { fast: {} } }],
    ['/bias-checks', {}],
  ])('strategy cannot be run by %s', async (path, more) => {
    const { body } = await call(other, 'POST', path, { ...MARKET, strategy_id: strategyId, ...more });
    expect(body.code).toBe('strategy_not_found');
  });

  it('version of a strategy cannot be run past the function', async () => {
    const market = { p_symbol: 'ACME', p_timeframe: '1d', p_strategy_version_id: versionId };
    const backtest = await other.client.rpc('create_backtest', market);
    const study = await other.client.rpc('create_study', {
      ...market,
      p_name: 'A',
      p_kind: 'grid',
      p_spec: {},
      p_objective: 'sharpe',
    });
    expect([backtest.error?.code, study.error?.code]).toEqual(['strategy_not_found', 'strategy_not_found']);
  });
});

describe('A viewer', () => {
  it.each([
    ['/backtests', { ...MARKET, strategy: STRATEGY }],
    ['/optimisations', { ...MARKET, strategy: STRATEGY, kind: 'grid', search_space: { fast: { values: [2, 3] } } }],
    ['/bias-checks', { ...MARKET, strategy: STRATEGY }],
  ])('requests nothing: %s', async (path, body) => {
    const viewer = await signUpAs(stack, 'viewer', 'viewer');
    expect((await call(viewer, 'POST', path, body)).status).toBe(403);
  });
});

describe('A hostile body', () => {
  const backtest = { ...MARKET, strategy: STRATEGY };
  const laughs = `a: &a [x]\n${Array.from({ length: 20 }, (_, n) => `b${n}: &b${n} [${'*a,'.repeat(9)}*a]`).join('\n')}`;
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

  it.each<[string, string, object | string, number]>([
    ['of 5 MB', '/strategies/validate', { source: `name: a\n${' '.repeat(5e6)}` }, 413],
    ['of 5 MB', '/strategies', { name: 'A', source: `name: a\n${' '.repeat(5e6)}` }, 413],
    ['of a strategy over 64 KiB', '/strategies', { name: 'A', spec: { ...RULES, indicators: many(99, 900) } }, 422],
    ['of a thousand laughs', '/strategies', { name: 'A', source: laughs }, 422],
    ['nested 100,000 deep', '/strategies/validate', nested(100_000), 422],
    [
      'nested 50,000 deep in a strategy',
      '/backtests',
      `{"symbol":"ACME","timeframe":"1d","strategy":${nested(50_000)}}`,
      422,
    ],
    ['nested in YAML', '/strategies', { name: 'A', source: `a: ${'['.repeat(30_000)}` }, 422],
    ['with unknown fields', '/backtests', { ...backtest, engine_version: '9' }, 422],
    ['with a seed that no number holds', '/backtests', { ...backtest, seed: 2 ** 53 }, 422],
    [
      'with a number beyond all',
      '/backtests',
      `{"symbol":"ACME","timeframe":"1d","strategy":{"name":"sma-cross"},"initial_cash":1e999}`,
      422,
    ],
    [
      'with fees beyond all',
      '/backtests',
      `{"symbol":"ACME","timeframe":"1d","strategy":{"name":"sma-cross"},"settings":{"fees":{"type":"per_trade","amount":1e999}}}`,
      422,
    ],
    ['with settings that are none', '/backtests', { ...backtest, settings: null }, 422],
    [
      'with 10,000 symbols',
      '/backtests',
      { ...backtest, symbol: undefined, symbols: Array.from({ length: 10_000 }, (_, n) => `S${n}`) },
      422,
    ],
    ['with a symbol twice', '/backtests', { ...backtest, symbol: undefined, symbols: ['ACME', 'ACME'] }, 422],
    ['of an instrument that is none', '/backtests', { ...backtest, symbol: 'NOPE' }, 422],
    [
      'with candles that are not there',
      '/optimisations',
      { ...backtest, timeframe: '1h', kind: 'grid', search_space: { fast: {} } },
      422,
    ],
    [
      'with a million and one trials',
      '/optimisations',
      { ...backtest, kind: 'random', search_space: { fast: {} }, trials: 1_000_001 },
      422,
    ],
    ['with a built-in of all objects', '/backtests', { ...backtest, strategy: { name: 'constructor' } }, 422],
    ['with a NUL', '/backtests', { ...backtest, note: 'a\u0000b' }, 422],
  ])('%s at %s is refused', async (_, path, body, status) => {
    const answer = await call(owner, 'POST', path, body);
    if (path === '/strategies/validate' && answer.status === 200) expect(answer.body.valid).toBe(false);
    else expect([answer.status, answer.body]).toMatchObject([status, { code: expect.stringMatching(/./) }]);
  });

  it.each([
    ['a text', '"sma-cross"'],
    ['a list', []],
    ['null', null],
    ['a number as parameters', { params: 5 }],
  ])('that calls the database with %s for the strategy of a version is refused as that', async (_, strategy) => {
    const { error } = await owner.client.rpc('create_backtest', {
      p_symbol: 'ACME',
      p_timeframe: '1d',
      p_strategy_version_id: versionId,
      p_strategy: strategy,
    });
    if (strategy === null) expect(error).toBeNull();
    else expect(error?.code).toBe('invalid_request');
  });
});

/** So many indicators of expressions of about so many characters. */
function many(count: number, characters: number): Record<string, string> {
  const text = Array.from({ length: characters / 8 }, () => 'close + ').join('');
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`i${n}`, `${text}1`]));
}
