import type { ParameterValues, RuleStrategySpec } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_STRATEGIES, type ResolvedStrategy } from '../src/index.ts';
import type { MarketData } from '../src/market/market-data.ts';
import type { RuleProgram } from '../src/plan/rule-program.ts';
import { anyCompiledSettings, anyRuleProgram, walk } from './support/any-rule-program.ts';
import { COSTS, marketFor } from './support/market-for-built-in.ts';
import { backtest, expectEqual, trade } from './support/session-of-backtest.ts';

/** What lets a strategy trade on few bars. */
const PARAMS: Record<string, ParameterValues> = { momentum: { lookback: 5, entry_pct: 1, trend_period: 5 } };

describe('a session that is pushed the candles of a backtest', () => {
  for (const { name, needs } of BUILT_IN_STRATEGIES) {
    const timeframe = needs?.options ? '1d' : '1h';
    it(`does what the backtest of ${name} does, to the bit`, () => {
      const strategy = { name, params: PARAMS[name] ?? {} };
      const data = marketFor(name, needs?.options ? 250 : 600, timeframe);
      const result = backtest({ strategy, data });
      expect([...(result.fills ?? []), ...(result.option_fills ?? [])].length).toBeGreaterThan(2);
      expectEqual(trade({ strategy, data }), result, data);
      const costly = { strategy, data, settings: COSTS };
      expectEqual(trade(costly), backtest(costly), data);
    });
  }
});

const resolved = (program: RuleProgram): ResolvedStrategy => {
  const strategy = { kind: 'rules', name: 'made-up', program } as const;
  const about = { name: 'made-up', title: '', description: '', parameters: {} };
  return { definition: { ...about, build: () => strategy }, values: {}, strategy };
};

describe('a session of rules', () => {
  it('does what the backtest of any rules does', () => {
    fc.assert(
      fc.property(anyRuleProgram, anyCompiledSettings, fc.nat(10_000), (program, settings, seed) => {
        const data = { instruments: [{ symbol: 'MAIN', timeframe: '1h', candles: walk(seed, 160) } as const] };
        const run = { strategy: resolved(program), data, settings };
        expectEqual(trade(run), backtest(run), data);
      }),
      { numRuns: 60 },
    );
  });

  const SPECS: Record<string, RuleStrategySpec> = {
    'other timeframes': {
      name: 'frames',
      indicators: { day: "tf('1d', close > sma(close, 3))", half: "tf('4h', highest(high, 3)[1])" },
      long: { entry: 'day and close > half', exit: 'crosses_below(close, sma(close, 8))' },
      stop_loss: { atr: 2, period: 5 },
    },
    'other instruments and their timeframes': {
      name: 'markets',
      indicators: {
        other: "instrument('OTHER', close / close[5])",
        week: "tf('1w', instrument('OTHER', ema(close, 2)))",
      },
      long: { entry: 'other > 1 and week > 0', exit: 'other < 0.995' },
      short: { entry: 'other < 0.98', exit: 'other > 1' },
      max_positions: 1,
    },
    'resting entries, sessions, caps and trailing stops': {
      name: 'all',
      long: { entry: 'close < close[1]', exit: 'rsi(close, 5) > 75' },
      short: { entry: 'crosses_above(close, ema(close, 4))', exit: 'close < close[3]' },
      sizing: { method: 'risk', risk_pct: 1, max_percent: 60 },
      entry_order: { type: 'limit', price: 'close * 0.998', valid_bars: 3 },
      stop_loss: { percent: 1 },
      take_profit: { risk_multiple: 2 },
      trailing_stop: { percent: 1, activate: { percent: 0.5 } },
      time_exit: { bars: 12 },
      session: {
        time_zone: 'America/New_York',
        from: '09:30',
        to: '16:00',
        days: ['mon', 'tue', 'wed', 'thu', 'fri'],
        close_at_end: true,
      },
      cooldown_bars: 2,
      pyramiding: { max_entries: 2 },
      daily_loss_cap_pct: 1,
    },
    'Kelly sizes': {
      name: 'kelly',
      long: { entry: 'close > close[2]', exit: 'if(close < close[1], close < open, close < low[1])' },
      sizing: { method: 'kelly', fraction: 0.5, trades: 10 },
    },
  };
  for (const [what, strategy] of Object.entries(SPECS)) {
    it(`follows ${what}`, () => {
      const data = marketFor('pairs', 700);
      const run = { strategy, data };
      const result = backtest(run);
      expect(result.trades.length).toBeGreaterThan(5);
      expectEqual(trade(run), result, data);
    });
  }

  it('goes through splits that it was told of', () => {
    const candles = walk(5, 400);
    const splits = [{ ts: candles.ts[200] as number, ratio: 2 }];
    const halved = (column: Float64Array) => column.map((price, bar) => (bar < 200 ? price : price / 2));
    const { open, high, low, close } = candles;
    const after = { ...candles, open: halved(open), high: halved(high), low: halved(low), close: halved(close) };
    const data = { instruments: [{ symbol: 'MAIN', timeframe: '1h', candles: after, splits } as const] };
    for (const strategy of [{ name: 'grid' }, { name: 'dca', params: { every_bars: 10 } }, { name: 'sma-cross' }]) {
      expectEqual(trade({ strategy, data }), backtest({ strategy, data }), data);
    }
  });
});

describe('a session of options', () => {
  it('settles where the backtest does, with bars of an hour', () => {
    const bars = 7 * 60;
    const candles = walk(11, bars);
    // Seven bars a day from 14:30 UTC, on weekdays.
    const days = Array.from({ length: 84 }, (_, day) => Date.UTC(2024, 0, 1) + day * 86_400_000).filter(
      (ts) => new Date(ts).getUTCDay() % 6 !== 0,
    );
    const ts = Float64Array.from(
      { length: bars },
      (_, bar) => (days[Math.floor(bar / 7)] ?? NaN) + 52_200_000 + (bar % 7) * 3_600_000,
    );
    const data: MarketData = { instruments: [{ symbol: 'MAIN', timeframe: '1h', candles: { ...candles, ts } }] };
    for (const strategy of [{ name: 'put-lite', params: { dte: 5, profit_target_pct: 100 } }, { name: 'buy-write' }]) {
      const run = { strategy, data };
      const result = backtest(run);
      expect(result.option_fills?.some(({ reason }) => reason === 'expiry' || reason === 'assignment')).toBe(true);
      expectEqual(trade(run), result, data);
    }
  });
});
