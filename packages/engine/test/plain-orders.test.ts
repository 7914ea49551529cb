import { BacktestSettings, type BacktestSettingsInput } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuleProgram, Sizing } from '../src/plan/rule-program.ts';
import type { PlainAgent } from '../src/simulator/plain-orders.ts';
import { readingsOfValues } from '../src/simulator/readings-of-values.ts';
import { RuleAgent } from '../src/simulator/rule-agent.ts';
import type { RuleValues } from '../src/simulator/rule-column.ts';
import { Simulation } from '../src/simulator/simulation.ts';
import { candlesFrom } from './support/made-up-candles.ts';

const ENTER = 0;
const EXIT = 1;
const AMOUNT = 2;

const SIZINGS: readonly Sizing[] = [
  { method: 'percent_of_equity', percent: AMOUNT },
  { method: 'fixed_value', value: AMOUNT },
  { method: 'fixed_quantity', quantity: AMOUNT },
  { method: 'kelly', fraction: 0.5, trades: 3, max_percent: 80, start_percent: 20 },
];

function programOf(sizing: Sizing): RuleProgram {
  const rules: RuleProgram['rules'] = {
    enter_long: ENTER,
    exit_long: EXIT,
    enter_short: null,
    exit_short: null,
    sizing,
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
  };
  return { plan: { nodes: [] }, rules, warm_up_bars: 2 };
}

class GeneralAgent extends RuleAgent {
  override get plain(): PlainAgent | null {
    return null;
  }
}

class CountingAgent extends RuleAgent {
  plainFills = 0;

  override onPlainFill(id: number, candle: number): void {
    this.plainFills += 1;
    super.onPlainFill(id, candle);
  }
}

const anyBar = fc.record({
  gap: fc.integer({ min: -300, max: 300 }),
  move: fc.integer({ min: -300, max: 300 }),
  volume: fc.constantFrom<number>(0, 1, 50, 10_000),
  enter: fc.constantFrom<number>(0, 0, 1),
  exit: fc.constantFrom<number>(0, 0, 1),
  amount: fc.constantFrom(0, 0.3, 50, 99.7, 100, 100, 100, 150, Number.NaN),
});

const anySettings = fc.record({
  fees: fc.constantFrom<BacktestSettingsInput['fees']>(
    { type: 'bps', maker_bps: 1, taker_bps: 0 },
    { type: 'bps', maker_bps: 1, taker_bps: 7.3 },
    { type: 'bps', maker_bps: 1, taker_bps: 2, minimum: 1.5 },
    { type: 'per_share', amount: 0.01, minimum: 0.5, maximum_pct: 1 },
    { type: 'per_trade', amount: 30 },
  ),
  slippage: fc.constantFrom<BacktestSettingsInput['slippage']>(
    { type: 'none' },
    { type: 'none' },
    { type: 'bps', bps: 3 },
    { type: 'fixed', amount: 0.02 },
    { type: 'spread', spread_bps: 5 },
    { type: 'volume_share', impact: 0.3, max_share: 0.4 },
  ),
  instrument: fc.record({
    lot_size: fc.constantFrom<number>(0, 0, 0.25, 1),
    min_notional: fc.constantFrom<number>(0, 0, 60),
    multiplier: fc.constantFrom<number>(1, 1, 2.5),
  }),
  fills: fc.record({
    market: fc.constantFrom<'next_open' | 'next_close'>('next_open', 'next_open', 'next_open', 'next_close'),
    max_volume_share: fc.constantFrom<number>(1, 1, 1, 1, 0.2),
  }),
  margin: fc.record({
    leverage: fc.constantFrom<number>(1, 1, 1, 3),
    maintenance_pct: fc.constantFrom<number>(0, 0, 0, 0, 25),
    interest_rate_pct: fc.constantFrom<number>(0, 0, 0, 0, 5),
  }),
});

const anyRun = fc.record({
  bars: fc.array(anyBar, { minLength: 3, maxLength: 200, size: 'max' }),
  settings: anySettings,
  sizing: fc.constantFrom(...SIZINGS, ...SIZINGS.slice(0, 1), ...SIZINGS.slice(0, 1)),
  initial_cash: fc.constantFrom<number>(100, 1000, 12_345.67),
  chunkBars: fc.constantFrom<number>(1, 2, 7, 1000, 1000, 1000),
});

type Run = typeof anyRun extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function seriesOf(bars: Run['bars']) {
  let last = 50;
  const opens = bars.map(({ gap, move }) => {
    const open = last * (1 + gap / 10_000);
    last = open * (1 + move / 10_000);
    return { open, close: last };
  });
  const prices = candlesFrom(
    opens.map(({ open }) => open),
    opens.map(({ close }) => close),
  );
  return {
    symbol: 'ACME',
    timeframe: '1d',
    candles: { ...prices, volume: Float64Array.from(bars, ({ volume }) => volume) },
  } as const;
}

function valuesOf(bars: Run['bars']): RuleValues {
  const at = (signal: 'enter' | 'exit') => Int32Array.from(bars.flatMap((bar, i) => (bar[signal] === 1 ? [i] : [])));
  return {
    columns: new Map([[AMOUNT, Float64Array.from(bars, ({ amount }) => amount)]]),
    signals: new Map([
      [ENTER, at('enter')],
      [EXIT, at('exit')],
    ]),
    first_bar: 0,
  };
}

function simulate<A extends RuleAgent>(Agent: new (...of: ConstructorParameters<typeof RuleAgent>) => A, run: Run) {
  const settings = BacktestSettings.parse(run.settings);
  const instruments = [seriesOf(run.bars)];
  const agent = new Agent(
    programOf(run.sizing),
    instruments,
    [readingsOfValues(valuesOf(run.bars))],
    settings,
    run.initial_cash,
  );
  const options = { initial_cash: run.initial_cash, settings, seed: 1 };
  const simulation = new Simulation({ instruments }, options, agent, 0, null);
  while (simulation.barsDone < run.bars.length) simulation.advance(run.chunkBars);
  const { account, broker, fills, equity, barsInPosition, liquidatedBar } = simulation;
  const { cash, fees, slippage, funding, borrow, interest, turnover, trades, held } = account;
  const positions = held.map(({ quantity, mark, lots }) => ({ quantity, mark, lots: lots.map((lot) => ({ ...lot })) }));
  const totals = { cash, fees, slippage, funding, borrow, interest, turnover, barsInPosition, liquidatedBar };
  const orders = broker.book.record.toArray().map((order) => ({ ...order }));
  return { agent, result: { equity, totals, positions, trades: [...trades], orders, fills: fills.toArray() } };
}

describe('the short way of plain orders at market', () => {
  it('gives what the general way gives, to the bit, under any settings', () => {
    let shortFills = 0;
    fc.assert(
      fc.property(anyRun, (run) => {
        const { agent, result } = simulate(CountingAgent, run);
        shortFills += agent.plainFills;
        expect(result).toStrictEqual(simulate(GeneralAgent, run).result);
      }),
      { numRuns: 400 },
    );
    expect(shortFills).toBeGreaterThan(1000);
  });

  it('is taken by all orders but one that waits for the end of a chunk', () => {
    const bars = Array.from({ length: 60 }, (_, i) => ({
      gap: 5,
      move: i % 2 === 0 ? -20 : 30,
      volume: 10,
      enter: i % 10 === 3 ? 1 : 0,
      exit: i % 10 === 8 || i % 10 === 9 ? 1 : 0,
      amount: 100,
    }));
    const [sizing] = SIZINGS as [Sizing];
    const run: Run = {
      bars,
      settings: {
        fees: { type: 'bps', maker_bps: 1, taker_bps: 1 },
        slippage: { type: 'none' },
        instrument: { lot_size: 0, min_notional: 0, multiplier: 1 },
        fills: { market: 'next_open', max_volume_share: 1 },
        margin: { leverage: 1, maintenance_pct: 0, interest_rate_pct: 0 },
      },
      sizing,
      initial_cash: 1000,
      chunkBars: 1000,
    };
    const { agent, result } = simulate(CountingAgent, run);
    expect(result.fills).toHaveLength(12);
    expect(agent.plainFills).toBe(12);
    // A chunk of 14 bars ends at an entry.
    const chunked = simulate(CountingAgent, { ...run, chunkBars: 14 });
    expect(chunked.agent.plainFills).toBeLessThan(12);
    expect(chunked.result).toStrictEqual(result);
  });
});
