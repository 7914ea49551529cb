import type { BacktestSettings, Candles } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulateCompiled } from '../src/compiled/simulate-compiled.ts';
import { evaluatePlan } from '../src/plan/evaluate-plan.ts';
import type { RuleProgram } from '../src/plan/rule-program.ts';
import { simulate } from '../src/simulator/simulate-events.ts';
import type { SimulationResult } from '../src/trading/simulation-result.ts';
import { anyCompiledSettings, anyRuleProgram, walk } from './support/any-rule-program.ts';

const INITIAL_CASH = 10_000;

function market(candles: Candles) {
  return { instruments: [{ symbol: 'TEST', timeframe: '1h', candles }] } as const;
}

function compiled(
  candles: Candles,
  program: RuleProgram,
  settings: BacktestSettings,
  chunkBars = 1e6,
): SimulationResult {
  const strategy = { kind: 'rules', name: 'test', program } as const;
  const run = simulateCompiled(
    strategy,
    market(candles),
    { initial_cash: INITIAL_CASH, settings, seed: 1 },
    { chunkBars },
  );
  for (;;) {
    const step = run.next();
    if (step.done) return step.value;
  }
}

/** What the compiled path is measured by. */
function byEvents(candles: Candles, program: RuleProgram, settings: BacktestSettings): SimulationResult {
  const strategy = { kind: 'rules', name: 'test', program } as const;
  return simulate(strategy, market(candles), { initial_cash: INITIAL_CASH, settings, seed: 1 }, { evaluatePlan });
}

/** What two paths must agree on, to the bit. */
function meaning(result: SimulationResult) {
  const { equity, trades, costs, open_positions, bars_in_position, turnover, ambiguity, liquidated_bar } = result;
  return {
    trades: [...trades],
    equity: [...equity],
    costs,
    open_positions,
    bars_in_position,
    turnover,
    ambiguity,
    liquidated_bar,
  };
}

const anyRun = fc.tuple(fc.nat(1e6), fc.integer({ min: 1, max: 400 }), anyRuleProgram, anyCompiledSettings);

describe('the compiled path', () => {
  it('trades and marks as the event-driven path does, to the bit', () => {
    fc.assert(
      fc.property(anyRun, ([seed, bars, program, settings]) => {
        const candles = walk(seed, bars);
        expect(meaning(compiled(candles, program, settings))).toEqual(meaning(byEvents(candles, program, settings)));
      }),
      { numRuns: 150 },
    );
  });

  it('gives the same whatever the size of its chunks', () => {
    fc.assert(
      fc.property(anyRun, fc.integer({ min: 1, max: 150 }), ([seed, bars, program, settings], chunkBars) => {
        const candles = walk(seed, bars);
        expect(meaning(compiled(candles, program, settings, chunkBars))).toEqual(
          meaning(compiled(candles, program, settings)),
        );
      }),
      { numRuns: 60 },
    );
  });
});
