import { BacktestSettings, InstrumentRules, type RuleStrategySpec } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulateCompiled } from '../src/compiled/simulate-compiled.ts';
import { sweep } from '../src/compiled/sweep.ts';
import { sharpe } from '../src/metrics/sharpe.ts';
import { PlanBuilder } from '../src/plan/plan-builder.ts';
import type { RuleProgram } from '../src/plan/rule-program.ts';
import { simulate } from '../src/simulate.ts';
import { compileRuleSpec } from '../src/strategies/compile-rule-spec.ts';
import { anyCompiledSettings, anyRuleProgram, indicator, walk } from './support/any-rule-program.ts';

const INITIAL_CASH = 10_000;
const HOURS_PER_DAY = 24;

/** Last bars of the UTC days of hourly candles that begin at midnight. */
function lastBars(bars: number): Int32Array {
  const days = Math.ceil(bars / HOURS_PER_DAY);
  return Int32Array.from({ length: days }, (_, day) => Math.min(bars, (day + 1) * HOURS_PER_DAY) - 1);
}

function run(strategy: RuleProgram, input: Pick<Parameters<typeof sweep>[0], 'series' | 'settings'>) {
  const simulation = simulateCompiled(
    { kind: 'rules', name: 'test', program: strategy },
    { instruments: [input.series] },
    { initial_cash: INITIAL_CASH, settings: input.settings, seed: 1 },
    {},
  );
  for (;;) {
    const step = simulation.next();
    if (step.done) return step.value;
  }
}

describe('a sweep', () => {
  it('gives each parameter set what its own simulation gives', () => {
    const anyPrograms = fc.array(anyRuleProgram, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.integer({ min: 2, max: 500 }),
        anyPrograms,
        anyCompiledSettings,
        (seed, bars, programs, settings) => {
          const series = { symbol: 'TEST', timeframe: '1h', candles: walk(seed, bars) } as const;
          const days = { last_bar: lastBars(bars), per_year: 252 };
          const swept = sweep({ series, programs, settings, initial_cash: INITIAL_CASH, days });
          for (const [index, program] of programs.entries()) {
            const alone = run(program, { series, settings });
            if (swept.needs_events[index] === 1) {
              expect(alone.path).toBe('event');
              continue;
            }
            const closed = [...alone.trades];
            expect(swept.final_equity[index]).toBe(alone.equity.at(-1));
            expect(swept.trades[index]).toBe(closed.length);
            expect(swept.fees_paid[index]).toBe(alone.costs.fees);
            expect(swept.ambiguous_bars[index]).toBe(alone.ambiguity.bars);
            expect(swept.max_drawdown_pct[index]).toBe(alone.max_drawdown_pct);
            expect(swept.exposure_pct[index]).toBe((100 * alone.bars_in_position) / bars);
            const wins = closed.filter(({ pnl }) => pnl > 0).length;
            expect(swept.win_rate_pct[index]).toBe(closed.length === 0 ? NaN : (100 * wins) / closed.length);
            const returns = Float64Array.from(days.last_bar, (bar, day) => {
              const before = day === 0 ? INITIAL_CASH : (alone.equity[days.last_bar[day - 1] ?? 0] ?? NaN);
              return (alone.equity[bar] ?? NaN) / before - 1;
            });
            const { value } = sharpe(returns, days.per_year);
            if (value === null) expect(swept.sharpe[index]).toBeNaN();
            else expect(swept.sharpe[index]).toBeCloseTo(value, 6);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('takes the rules of the instrument before those of the settings, and the zone of either for days within it', () => {
    const candles = walk(7, 600);
    const own = InstrumentRules.parse({ multiplier: 5, lot_size: 0.5, time_zone: 'America/New_York' });
    const { program } = rulesOf({
      name: 'test',
      long: { entry: "close > tf('1d', close) and close > close[1]", exit: "close < tf('1d', sma(close, 2))" },
    });
    const settings = BacktestSettings.parse({});
    const days = { last_bar: lastBars(600), per_year: 252 };
    const ending = (rules: InstrumentRules | undefined, instrument: InstrumentRules) => {
      const series = { symbol: 'TEST', timeframe: '1h', candles, ...(rules ? { rules } : {}) } as const;
      const told = { ...settings, instrument };
      const input = { series, settings: told };
      const swept = sweep({ ...input, programs: [program], initial_cash: INITIAL_CASH, days });
      const strategy = { kind: 'rules', name: 'test', program } as const;
      const options = { initial_cash: INITIAL_CASH, settings: told, seed: 1 };
      const events = simulate(strategy, { instruments: [series] }, options, { path: 'event' });
      expect(swept.final_equity[0]).toBe(run(program, input).equity.at(-1));
      expect(swept.final_equity[0]).toBe(events.equity.at(-1));
      expect(events.trades.length).toBeGreaterThan(0);
      return events.equity.at(-1);
    };
    const utc = { ...own, time_zone: 'UTC' };
    expect(ending(own, utc)).toBe(ending(undefined, own));
    expect(ending(undefined, own)).not.toBe(ending(undefined, utc));
  });

  it('of more parameter sets than it takes at a time gives each its own', () => {
    const bars = 600;
    const series = { symbol: 'TEST', timeframe: '1h', candles: walk(5, bars) } as const;
    const programs = Array.from({ length: 600 }, (_, i) => averagesCross(1 + (i % 15), 20 + Math.floor(i / 15)));
    const [settings] = fc.sample(anyCompiledSettings, { seed: 1, numRuns: 1 });
    if (settings === undefined) throw new Error('no settings');
    const swept = sweep({
      series,
      programs,
      settings,
      initial_cash: INITIAL_CASH,
      days: { last_bar: lastBars(bars), per_year: 252 },
    });
    for (const index of [0, 17, 511, 512, 599]) {
      const program = programs[index];
      if (program) expect(swept.final_equity[index]).toBe(run(program, { series, settings }).equity.at(-1));
    }
  });
});

function averagesCross(fast: number, slow: number): RuleProgram {
  const plan = new PlanBuilder();
  const [a, b] = [indicator(plan, 'sma', [fast]), indicator(plan, 'sma', [slow])];
  return {
    rules: {
      enter_long: plan.binary('crosses_above', a, b),
      exit_long: plan.binary('crosses_below', a, b),
      enter_short: null,
      exit_short: null,
      sizing: { method: 'percent_of_equity', percent: plan.constant(100) },
      entry_order: { type: 'market' },
      stop_loss: null,
      take_profit: null,
      trailing_stop: null,
      time_exit_bars: null,
      cooldown_bars: 0,
      max_entries: 1,
      daily_loss_cap_pct: null,
      max_positions: 1,
      session: null,
    },
    plan: { nodes: plan.nodes },
    warm_up_bars: slow,
  };
}

function rulesOf(spec: RuleStrategySpec) {
  const strategy = compileRuleSpec(spec).build({});
  if (strategy.kind !== 'rules') throw new Error('rules make a rule strategy');
  return strategy;
}
