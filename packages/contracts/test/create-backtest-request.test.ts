import { describe, expect, it } from 'vitest';
import { CreateBacktestRequest, ERROR_CODES } from '../src/index.ts';

const REQUEST = { symbol: 'GOOG', timeframe: '1d', strategy: { name: 'sma-cross', params: { fast: 10, slow: 30 } } };

function problems(change: object): string[] {
  const parsed = CreateBacktestRequest.safeParse({ ...REQUEST, ...change });
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join('.'));
}

describe('A request for a backtest', () => {
  it('needs a symbol, a timeframe and a strategy, and has defaults for the rest', () => {
    const defaults = { initial_cash: 10_000, fee_bps: 0, settings: {}, seed: 1 };
    expect(CreateBacktestRequest.parse(REQUEST)).toEqual({ ...REQUEST, ...defaults });
    expect(problems({ timeframe: undefined })).toEqual(['timeframe']);
    expect(problems({ symbol: undefined })).toEqual(['symbol']);
    expect(problems({ strategy: undefined })).toEqual(['strategy']);
  });

  it('rounds money and fees to eight decimals', () => {
    const { fee_bps, initial_cash } = CreateBacktestRequest.parse({
      ...REQUEST,
      fee_bps: 0.1 + 0.2,
      initial_cash: 1000.123456789,
    });
    expect([fee_bps, initial_cash]).toEqual([0.3, 1000.12345679]);
  });

  it('keeps settings as they were written, checked', () => {
    const settings = { slippage: { type: 'bps', bps: 5 }, margin: { leverage: 2 } };
    expect(CreateBacktestRequest.parse({ ...REQUEST, settings }).settings).toEqual(settings);
  });

  it('takes several symbols in place of one, and a strategy of the user in place of a specification', () => {
    const { symbol: _symbol, strategy: _strategy, ...rest } = REQUEST;
    const strategy_id = '00000000-0000-4000-8000-000000000001';
    const request = { ...rest, symbols: ['goog', 'AAPL'], strategy_id, version: 2, params: { fast: 3 } };
    expect(CreateBacktestRequest.parse(request)).toMatchObject({ ...request, symbols: ['GOOG', 'AAPL'] });
  });

  it('takes a symbol in any case', () => {
    expect(CreateBacktestRequest.parse({ ...REQUEST, symbol: 'btc/usdt' }).symbol).toBe('BTC/USDT');
  });

  it('takes a date as its midnight in UTC, and a time with its zone', () => {
    const { from, to } = CreateBacktestRequest.parse({
      ...REQUEST,
      from: '2024-01-02',
      to: '2024-01-02T03:00:00+02:00',
    });
    expect([from, to]).toEqual(['2024-01-02T00:00:00.000Z', '2024-01-02T01:00:00.000Z']);
  });

  it.each([
    ['a field nobody knows', { leverage: 3 }, ''],
    ['a symbol no instrument can have', { symbol: 'GO\u0000OG' }, 'symbol'],
    ['a time before all markets', { from: '0000-01-01' }, 'from'],
    ['a fee below zero', { fee_bps: -1 }, 'fee_bps'],
    ['fees said twice', { fee_bps: 1, settings: { fees: { type: 'per_trade', amount: 1 } } }, 'fee_bps'],
    ['settings nobody knows', { settings: { leverage: 3 } }, 'settings'],
    ['leverage below one', { settings: { margin: { leverage: 0 } } }, 'settings.margin.leverage'],
    ['settings that are none', { settings: 'cheap' }, 'settings'],
    ['one symbol and several', { symbols: ['AAPL'] }, 'symbol'],
    ['a finer timeframe that is longer', { finer_timeframe: '1w' }, 'finer_timeframe'],
    ['two strategies', { strategy_id: '00000000-0000-4000-8000-000000000001' }, 'strategy'],
    ['a version of no strategy of the user', { version: 1 }, 'version'],
    ['a seed below zero', { seed: -1 }, 'seed'],
    ['no cash', { initial_cash: 0 }, 'initial_cash'],
    ['infinite cash', { initial_cash: Number.POSITIVE_INFINITY }, 'initial_cash'],
    ['a timeframe nobody knows', { timeframe: '7m' }, 'timeframe'],
    ['a time without a zone', { from: '2024-01-01T00:00:00' }, 'from'],
    ['a range that ends before it begins', { from: '2024-02-01', to: '2024-01-01' }, 'from'],
    ['a strategy without a name', { strategy: {} }, 'strategy.name'],
    ['a strategy whose name none can have', { strategy: { name: 'Crystal Ball' } }, 'strategy.name'],
    ['a strategy that is a text', { strategy: 'sma-cross' }, 'strategy'],
    ['a parameter that no value can be of', { strategy: { name: 'x', params: { fast: [] } } }, 'strategy.params.fast'],
    ['rules without an entry', { strategy: { name: 'x', long: { exit: 'close > 1' } } }, 'strategy.long.entry'],
  ])('is refused with %s, and says where', (_what, change, path) => {
    expect(problems(change)).toEqual([path]);
  });
});

describe('The error codes', () => {
  it('each have an HTTP error status and a message for people', () => {
    for (const { status, message } of Object.values(ERROR_CODES)) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(message).toMatch(/^[A-Z].+[^.]$/);
    }
  });
});
