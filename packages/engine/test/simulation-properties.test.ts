import { type BacktestSettingsInput, CANDLE_COLUMNS, type Candles } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InstrumentSeries, MarketData } from '../src/market/market-data.ts';
import { simulateEvents } from '../src/simulator/simulate-events.ts';
import type { Strategy } from '../src/strategies/strategy-definition.ts';
import type { SimulationResult } from '../src/trading/simulation-result.ts';
import { anyCents, fixedRandom } from './support/made-up-candles.ts';
import {
  candlesOfRows,
  evaluatePlan,
  marketOf,
  optionsOf,
  type ProgramBuilder,
  run,
  SIGNAL_NAMES,
  seriesOf,
  signalStrategy,
} from './support/rule-double.ts';

/** Candles around closes on a grid of cents, with wicks and gaps. */
const anyWideCandles: fc.Arbitrary<Candles> = anyCents.chain((closes) =>
  fc
    .array(fc.tuple(fc.nat(6), fc.nat(60), fc.nat(60)), {
      minLength: closes.length,
      maxLength: closes.length,
      size: 'max',
    })
    .map((wicks) =>
      candlesOfRows(
        closes.map((close, bar) => {
          const [gap, up, down] = wicks[bar] ?? [0, 0, 0];
          const open = (closes[bar - 1] ?? close) + gap - 3;
          return [open, Math.max(open, close) + up, Math.min(open, close) - down, close, 1 + up].map((cents, column) =>
            column < 4 ? cents / 100 : cents,
          );
        }),
        3_600_000,
      ),
    ),
);

const anySignalColumns = (bars: number) =>
  fc
    .array(fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 3, 4), { minLength: bars, maxLength: bars, size: 'max' })
    .map((drawn) =>
      Object.fromEntries(SIGNAL_NAMES.map((name, i) => [name, Float64Array.from(drawn, (x) => (x === i + 1 ? 1 : 0))])),
    );

const anyMarket = anyWideCandles.chain((candles) =>
  anySignalColumns(candles.ts.length).map((columns) => seriesOf(candles, { columns }, '1h')),
);

const anyStrategy: fc.Arbitrary<Strategy> = fc
  .record({
    stop: fc.constantFrom(null, 0.2, 0.5),
    target: fc.constantFrom(null, 0.2, 0.5),
    trail: fc.constantFrom(null, 0.3),
    percent: fc.constantFrom(30, 100),
    entries: fc.constantFrom(1, 3),
    offset: fc.constantFrom(null, 'limit' as const, 'stop' as const),
  })
  .map(({ stop, target, trail, percent, entries, offset }) =>
    signalStrategy(SIGNAL_NAMES, (builder: ProgramBuilder) => {
      const distance = (money: number | null) =>
        money === null ? null : ({ unit: 'price', distance: builder.constant(money) } as const);
      const trailing = distance(trail);
      return {
        stop_loss: distance(stop),
        take_profit: distance(target),
        trailing_stop: trailing && { distance: trailing, activate: null },
        sizing: { method: 'percent_of_equity', percent: builder.constant(percent) },
        max_entries: entries,
        entry_order:
          offset === null ? { type: 'market' } : { type: offset, price: builder.constant(50), valid_bars: 5 },
      };
    }),
  );

const anySettings: fc.Arbitrary<BacktestSettingsInput> = fc.record({
  fees: fc.constantFrom(
    { type: 'bps', maker_bps: 0, taker_bps: 0 } as const,
    { type: 'bps', maker_bps: 2, taker_bps: 10, minimum: 1 } as const,
    { type: 'per_share', amount: 0.01, minimum: 1, maximum_pct: 1 } as const,
  ),
  slippage: fc.constantFrom({ type: 'none' } as const, { type: 'fixed', amount: 0.01 } as const),
  fills: fc.record({
    intrabar: fc.constantFrom('pessimistic', 'optimistic'),
    limit: fc.constantFrom('through', 'touch'),
    market: fc.constantFrom('next_open', 'next_close'),
    max_volume_share: fc.constantFrom(1, 0.5),
  }),
});

const NUM_RUNS = 40;
const fillsOf = (result: SimulationResult) => result.fills ?? [];

describe('any simulation', () => {
  it('has cash plus positions at market equal to equity at every bar, to the fills it reports', () => {
    fc.assert(
      fc.property(anyMarket, anyStrategy, anySettings, (series, strategy, settings) => {
        const result = run(strategy, { instruments: [series] }, settings);
        let [cash, held, fees] = [10_000, 0, 0];
        const fills = [...fillsOf(result)];
        result.equity.forEach((equity, bar) => {
          while (fills[0]?.bar === bar) {
            const { side, price, quantity, fee } = fills.shift() ?? { side: 'buy', price: 0, quantity: 0, fee: 0 };
            const direction = side === 'buy' ? 1 : -1;
            cash -= direction * quantity * price + fee;
            held += direction * quantity;
            fees += fee;
            expect(cash).toBeGreaterThan(-1e-6);
          }
          expect(Math.abs(equity - (cash + held * (series.candles.close[bar] as number)))).toBeLessThan(1e-6);
        });
        expect(fills).toEqual([]);
        expect(result.costs.fees).toBeCloseTo(fees, 8);
        const gained = [...result.trades].reduce((sum, { pnl }) => sum + pnl, 0);
        if (result.open_positions.length === 0) expect(result.equity.at(-1)).toBeCloseTo(10_000 + gained, 6);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  it('fills no price outside of the bar, but for slippage', () => {
    fc.assert(
      fc.property(anyMarket, anyStrategy, anySettings, (series, strategy, settings) => {
        for (const fill of fillsOf(run(strategy, { instruments: [series] }, settings))) {
          const unslipped = fill.price - ((fill.side === 'buy' ? 1 : -1) * fill.slippage) / fill.quantity;
          expect(unslipped).toBeLessThanOrEqual((series.candles.high[fill.bar] as number) + 1e-9);
          expect(unslipped).toBeGreaterThanOrEqual((series.candles.low[fill.bar] as number) - 1e-9);
        }
      }),
      { numRuns: NUM_RUNS },
    );
  });

  it('has the same beginning on fewer bars', () => {
    fc.assert(
      fc.property(anyMarket, anyStrategy, anySettings, fc.nat(149), (series, strategy, settings, cut) => {
        const bars = Math.min(cut + 1, series.candles.ts.length);
        const whole = run(strategy, { instruments: [series] }, settings);
        const part = run(strategy, { instruments: [firstBarsOf(series, bars)] }, settings);
        expect(part.equity).toEqual(whole.equity.slice(0, bars));
        expect(part.fills).toEqual(fillsOf(whole).filter(({ bar }) => bar < bars));
      }),
      { numRuns: NUM_RUNS },
    );
  });

  it('does not depend on the size of the chunks', () => {
    fc.assert(
      fc.property(
        anyMarket,
        anyStrategy,
        anySettings,
        fc.integer({ min: 1, max: 40 }),
        (series, strategy, settings, chunkBars) => {
          const data = { instruments: [series] };
          const chunked = simulateEvents(strategy, data, optionsOf(settings), { chunkBars, evaluatePlan });
          let step = chunked.next();
          while (!step.done) step = chunked.next();
          expect(step.value).toEqual(run(strategy, data, settings));
        },
      ),
      { numRuns: NUM_RUNS },
    );
  });

  it('scales with prices and cash, exactly by powers of two', () => {
    fc.assert(
      fc.property(anyMarket, fc.constantFrom(-3, 1, 6), (series, exponent) => {
        const scale = 2 ** exponent;
        const settings = { fees: { type: 'bps', maker_bps: 2, taker_bps: 10 } } as const;
        const strategy = signalStrategy(SIGNAL_NAMES, (builder) => ({
          stop_loss: { unit: 'percent', percent: builder.constant(0.5) },
          take_profit: { unit: 'risk', multiple: builder.constant(2) },
        }));
        const plain = run(strategy, { instruments: [series] }, settings, 10_000);
        const scaled = run(strategy, { instruments: [scaledBy(series, scale)] }, settings, 10_000 * scale);
        expect(scaled.equity).toEqual(plain.equity.map((equity) => equity * scale));
        expect([...scaled.trades].map((t) => t.quantity)).toEqual([...plain.trades].map((t) => t.quantity));
      }),
      { numRuns: NUM_RUNS },
    );
  });

  it('of independent instruments does not depend on their order', () => {
    const strategy = signalStrategy(SIGNAL_NAMES, (builder) => ({
      sizing: { method: 'fixed_quantity', quantity: builder.constant(3) },
      stop_loss: { unit: 'price', distance: builder.constant(0.2) },
    }));
    fc.assert(
      fc.property(anyMarket, anyMarket, anyMarket, (...drawn) => {
        const instruments = drawn.map((series, i) => ({ ...series, symbol: `S${i}` }));
        const tradesBySymbol = ({ instruments }: MarketData) =>
          [...run(strategy, { instruments }, { instrument: { calendar: 'crypto' } }).trades]
            .map(({ seq: _, instrument, ...trade }) => ({ ...trade, symbol: instruments[instrument]?.symbol }))
            .sort((a, b) => `${a.symbol}`.localeCompare(`${b.symbol}`) || a.exit_bar - b.exit_bar);
        expect(tradesBySymbol({ instruments: instruments.toReversed() })).toEqual(tradesBySymbol({ instruments }));
      }),
      { numRuns: 30 },
    );
  });
});

/** A decimal number as a whole number of 10^-12. */
const toDecimal = (value: number) => BigInt(Math.round(value * 1e6)) * 1_000_000n;

describe('the ledger', () => {
  it('adds up to the cent against decimal arithmetic, over 10,000 trades', () => {
    const random = fixedRandom(11);
    let cents = 10_000;
    const rows = Array.from({ length: 20_001 }, () => {
      const open = cents;
      cents = Math.max(5000, cents + Math.floor(9 * random()) - 4);
      return [open, Math.max(open, cents), Math.min(open, cents), cents].map((price) => price / 100);
    });
    const candles = candlesOfRows(rows, 60_000);
    const alternate = (rest: number) => Float64Array.from(rows, (_, bar) => (bar % 2 === rest ? 1 : 0));
    const strategy = signalStrategy(['enter_long', 'exit_long'], (builder) => ({
      sizing: { method: 'fixed_quantity', quantity: builder.constant(7) },
    }));
    const columns = { enter_long: alternate(0), exit_long: alternate(1) };
    const fees = { type: 'bps', maker_bps: 10, taker_bps: 10 } as const;
    const result = run(strategy, marketOf(candles, { columns }, '1m'), { fees }, 1_000_000);
    expect(result.trades.length).toBe(10_000);

    let cash = toDecimal(1_000_000);
    for (const { side, price, quantity } of fillsOf(result)) {
      const value = toDecimal(price) * BigInt(quantity);
      cash += (side === 'buy' ? -value : value) - value / 1000n;
    }
    const difference = cash - toDecimal(result.equity.at(-1) ?? NaN);
    expect(difference < 0n ? -difference : difference).toBeLessThan(10_000_000_000n);
    const pnl = [...result.trades].reduce((sum, trade) => sum + trade.pnl, 0);
    expect(Math.abs(1_000_000 + pnl - (result.equity.at(-1) ?? NaN))).toBeLessThan(0.01);
  });
});

function firstBarsOf(series: InstrumentSeries, bars: number): InstrumentSeries {
  const columns = Object.entries(series.columns ?? {}).map(([name, column]) => [name, column.slice(0, bars)]);
  const candles = CANDLE_COLUMNS.map((name) => [name, series.candles[name].slice(0, bars)]);
  return { ...series, columns: Object.fromEntries(columns), candles: Object.fromEntries(candles) };
}

function scaledBy(series: InstrumentSeries, scale: number): InstrumentSeries {
  const { ts, volume, open, high, low, close } = series.candles;
  const times = (column: Float64Array) => column.map((price) => price * scale);
  const candles = { ts, volume, open: times(open), high: times(high), low: times(low), close: times(close) };
  return { ...series, candles };
}
