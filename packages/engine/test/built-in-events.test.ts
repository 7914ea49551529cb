import type { BacktestSettingsInput, ParameterValues } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimulationResult } from '../src/trading/simulation-result.ts';
import { walkingCandles } from './support/any-indicator.ts';
import { briefly, type Row, runBuiltIn, seriesOf } from './support/run-built-in.ts';

const FEE: BacktestSettingsInput = { fees: { type: 'bps', maker_bps: 10, taker_bps: 10, minimum: 0 } };
const held = (result: SimulationResult) => result.open_positions.map(({ quantity }) => quantity);
const cashLeft = (result: SimulationResult, close: number) =>
  (result.equity.at(-1) ?? NaN) - (held(result)[0] ?? 0) * close;

describe('grid', () => {
  // Levels at 99 and 98, sold at 100 and 99; 5,000 for each.
  const PARAMS = { levels: 2, spacing_pct: 1, budget_pct: 100 };
  const run = (rows: readonly Row[], params: ParameterValues = {}, settings: BacktestSettingsInput = {}) =>
    runBuiltIn('grid', { ...PARAMS, ...params }, rows, settings);

  it('buys at a level and sells that lot one step higher, over and over', () => {
    const swing: Row[] = [
      [100, 100, 98.5, 99.5],
      [99.5, 100.5, 99.5, 100],
    ];
    const result = run([100, ...swing, ...swing]);
    expect(briefly(result)).toEqual([
      ['long', 1, 99, 2, 100, 'take_profit'],
      ['long', 3, 99, 4, 100, 'take_profit'],
    ]);
    expect(result.trades.at(0).quantity).toBeCloseTo(5000 / 99, 9);
  });

  it('offers what a bar buys from the next bar on, though the bar itself went that far', () => {
    const result = run([100, [100, 100, 98.5, 99.5], [99.5, 99.9, 99.5, 99.8]]);
    expect(briefly(result)).toEqual([]);
    expect(result.orders?.at(-1)).toMatchObject({ side: 'sell', limit_price: 100, placed_bar: 1, status: 'working' });
  });

  it('holds everything in a fall, with all of its money spent and no order refused, fees included', () => {
    const result = run([100, [100, 100, 95, 95], 95, 95], {}, FEE);
    expect(result.fills?.map(({ price }) => price)).toEqual([99, 98]);
    expect(result.orders?.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(cashLeft(result, 95)).toBeCloseTo(0, 6);
    expect(held(result)[0]).toBeCloseTo(5000 / 99 / 1.001 + 5000 / 98 / 1.001, 9);
  });

  it('buys more for its money where the open is below a level already', () => {
    const result = run([100, [97, 97, 97, 97], 97]);
    expect(result.fills?.map(({ price }) => price)).toEqual([97, 97]);
    expect(held(result)[0]).toBeCloseTo(10_000 / 97, 9);
  });

  it('offers each part at once that the volume lets it buy, and rests again once all is sold', () => {
    const settings: BacktestSettingsInput = { fills: { max_volume_share: 0.02 } };
    // 1,000 traded: 20 a bar and order, of 5,000 / 99 = 50.5 wanted.
    const result = run(
      [100, [100, 100, 98.5, 99.5], [99.5, 101, 99.5, 100.5], [100.5, 100.5, 98.5, 98.5]],
      {},
      settings,
    );
    expect(result.fills?.map(({ bar, side, quantity }) => [bar, side, quantity])).toEqual([
      [1, 'buy', 20],
      [2, 'sell', 20],
      [3, 'buy', 20],
    ]);
    // The purchase has a rest that works: no second one is placed.
    expect(result.orders?.filter(({ side, limit_price }) => side === 'buy' && limit_price === 99)).toHaveLength(1);
  });

  it('sells all at the stop and begins anew around the new price', () => {
    const result = run([100, [100, 100, 95, 95], 90, 88, 88], { stop_loss_pct: 5 });
    // The lowest level is 98: its stop is a close at or below 93.1.
    expect(briefly(result)).toEqual([
      ['long', 1, 99, 3, 88, 'stop_loss'],
      ['long', 1, 98, 3, 88, 'stop_loss'],
    ]);
    expect(result.orders?.filter(({ status }) => status === 'working').map(({ limit_price }) => limit_price)).toEqual([
      expect.closeTo(88 * 0.99, 9),
      expect.closeTo(88 * 0.98, 9),
    ]);
  });

  it('moves up with price while it holds nothing', () => {
    const result = run([100, 101, 102, [102, 102, 100.5, 101]]);
    expect(result.fills?.map(({ price }) => price)).toEqual([expect.closeTo(102 * 0.99, 9)]);
  });

  it('keeps its levels through a split', () => {
    const splits = [{ ts: Date.UTC(2024, 0, 3), ratio: 2 }];
    const rows: Row[] = [100, [100, 100, 98.5, 99.5], [49.75, 50.5, 49.7, 50], [50, 50, 49.2, 49.7]];
    const result = runBuiltIn('grid', PARAMS, { instruments: [seriesOf(rows, { splits })] });
    expect(result.fills?.map(({ bar, side, price }) => [bar, side, price])).toEqual([
      [1, 'buy', 99],
      [2, 'sell', 50],
      [3, 'buy', 49.5],
    ]);
  });

  it('trades nothing on a flat market', () => {
    expect(run(new Array(20).fill(100)).fills).toEqual([]);
  });

  it('never has more offered than it holds, nor spends more than it has', () => {
    const seeds = fc.integer({ min: 1, max: 1e6 });
    fc.assert(
      fc.property(seeds, fc.constantFrom(1, 0.05), fc.constantFrom(0, 3), (seed, share, stop_loss_pct) => {
        const data = { instruments: [{ ...seriesOf([]), candles: walkingCandles(200, seed) }] };
        const params = { levels: 5, spacing_pct: 0.5, budget_pct: 100, stop_loss_pct };
        const result = runBuiltIn('grid', params, data, { ...FEE, fills: { max_volume_share: share } });
        const working = result.orders?.filter(({ status }) => status === 'working') ?? [];
        const offered = working
          .filter(({ side, reason }) => side === 'sell' && reason === 'take_profit')
          .reduce((sum, { quantity, filled_quantity }) => sum + quantity - filled_quantity, 0);
        if (!working.some(({ reason }) => reason === 'stop_loss')) expect(offered).toBeCloseTo(held(result)[0] ?? 0, 6);
        expect(cashLeft(result, data.instruments[0]?.candles.close.at(-1) ?? NaN)).toBeGreaterThanOrEqual(-1e-6);
        expect(new Set(result.orders?.flatMap(({ reject_reason = [] }) => reject_reason))).toEqual(new Set());
      }),
      { numRuns: 20 },
    );
  });

  it('needs its lowest level above 0', () => {
    expect(() => run([100], { levels: 100 })).toThrow('the lowest level would be at or below a price of 0');
  });
});

describe('dca', () => {
  const run = (rows: readonly Row[], params: ParameterValues, settings: BacktestSettingsInput = {}) =>
    runBuiltIn('dca', { every_bars: 2, amount_pct: 10, ...params }, rows, settings);
  const bought = (result: SimulationResult) => result.fills?.map(({ bar, price, quantity }) => [bar, price * quantity]);

  it('buys for the same amount every so many bars, from the first on', () => {
    expect(bought(run([100, 110, 120, 125, 130, 130], {}))).toEqual([
      [1, expect.closeTo(1000, 9)],
      [3, expect.closeTo(1000, 9)],
      [5, expect.closeTo(1000, 9)],
    ]);
  });

  it('spends its last cash to the last cent though the open gaps up, and then rests', () => {
    const result = run(
      [100, [105, 105, 105, 105], 105, [120, 120, 120, 120], 120, 120, 120, 120],
      { amount_pct: 60 },
      FEE,
    );
    expect(result.fills).toHaveLength(2);
    expect(result.orders?.map(({ status }) => status)).toEqual(['filled', 'filled']);
    expect(cashLeft(result, 120)).toBeCloseTo(0, 6);
  });

  it('buys more after a fall below its average price', () => {
    const result = run([100, 100, 89, 89], { dip_factor: 3, dip_pct: 10 });
    expect(bought(result)).toEqual([
      [1, expect.closeTo(1000, 9)],
      [3, expect.closeTo(3000, 9)],
    ]);
  });

  it('sells all once far enough above its average price, and begins again with the cash that it has then', () => {
    const result = run([100, 100, 100, 100, 125, 125, 125, 125, 125], { take_profit_pct: 20 });
    expect(briefly(result)).toEqual([
      ['long', 1, 100, 5, 125, 'take_profit'],
      ['long', 3, 100, 5, 125, 'take_profit'],
    ]);
    // 10,000 and a gain of 250 on each purchase.
    expect(result.fills?.at(3)).toMatchObject({ bar: 6, side: 'buy', quantity: expect.closeTo(1050 / 125, 9) });
  });

  it('keeps its interval though a purchase takes several bars', () => {
    const result = run(new Array(8).fill(100), { every_bars: 4 }, { fills: { max_volume_share: 0.006 } });
    expect(result.fills?.map(({ bar, quantity }) => [bar, quantity])).toEqual([
      [1, 6],
      [2, 4],
      [5, 6],
      [6, 4],
    ]);
  });
});

describe('pairs', () => {
  const WINDOW = 10;
  const BARS = 16;
  const RATIO_JUMP_BAR = 11;
  /** Two that move as one but for a jump of the first, which lasts for two bars. */
  const jumping = (factor: number) => {
    const second = Array.from({ length: BARS }, (_, bar) => 50 + (bar % 3) + 0.01 * ((bar * 7) % 5));
    const noise = (bar: number) => 1 + 0.0005 * ((bar % 2) * 2 - 1);
    const apart = (bar: number) => (bar === RATIO_JUMP_BAR || bar === RATIO_JUMP_BAR + 1 ? factor : 1);
    const first = second.map((price, bar) => 2 * price * noise(bar) * apart(bar));
    return { first, second };
  };
  const run = (factor: number, params: ParameterValues = {}, settings: BacktestSettingsInput = {}) => {
    const { first, second } = jumping(factor);
    const instruments = [seriesOf(first), seriesOf(second, { symbol: 'PEER' })];
    const chosen = { window: WINDOW, entry_z: 1.5, exit_z: 1, stop_z: 20, ...params };
    return { result: runBuiltIn('pairs', chosen, { instruments }, settings), first, second };
  };
  const legs = (result: SimulationResult) =>
    result.fills?.map(({ bar, instrument, side, reason }) => [bar, instrument, side, reason]);

  it('sells the first and buys the second when the first is dear, in equal value, and leaves when it is back', () => {
    const { result, first, second } = run(1.05);
    const [inBar, outBar] = [RATIO_JUMP_BAR + 1, RATIO_JUMP_BAR + 3];
    expect(legs(result)).toEqual([
      [inBar, 0, 'sell', 'entry'],
      [inBar, 1, 'buy', 'entry'],
      [outBar, 0, 'buy', 'exit'],
      [outBar, 1, 'sell', 'exit'],
    ]);
    const [dear = NaN, cheap = NaN] = [first[RATIO_JUMP_BAR], second[RATIO_JUMP_BAR]];
    expect(result.fills?.[0]?.quantity).toBeCloseTo(4500 / dear, 9);
    expect(result.fills?.[1]?.quantity).toBeCloseTo(4500 / cheap, 9);
    expect(result.equity.at(-1)).toBeGreaterThan(10_000);
  });

  it('does the reverse when the first is cheap', () => {
    expect(legs(run(0.95).result)?.slice(0, 2)).toEqual([
      [RATIO_JUMP_BAR + 1, 0, 'buy', 'entry'],
      [RATIO_JUMP_BAR + 1, 1, 'sell', 'entry'],
    ]);
  });

  it('does not keep one leg whose other was refused: shorts forbidden, or too much for the margin', () => {
    const forbidden = run(1.05, {}, { margin: { allow_short: false } }).result;
    expect(legs(forbidden)?.slice(0, 2)).toEqual([
      [RATIO_JUMP_BAR + 1, 1, 'buy', 'entry'],
      [RATIO_JUMP_BAR + 2, 1, 'sell', 'other'],
    ]);
    expect(forbidden.orders?.[0]).toMatchObject({ status: 'rejected', reject_reason: 'short_not_allowed' });
    expect(forbidden.open_positions).toEqual([]);
    const tooMuch = run(1.05, { percent: 90 }).result;
    expect(tooMuch.orders?.[1]).toMatchObject({ status: 'rejected', reject_reason: 'insufficient_cash' });
    expect(tooMuch.open_positions).toEqual([]);
  });

  it('does not keep one leg whose other has no candle any more', () => {
    const { first, second } = jumping(1.05);
    const instruments = [seriesOf(first), seriesOf(second.slice(0, RATIO_JUMP_BAR + 1), { symbol: 'PEER' })];
    const params = { window: WINDOW, entry_z: 1.5, exit_z: 1, stop_z: 20 };
    const result = runBuiltIn('pairs', params, { instruments });
    expect(legs(result)).toEqual([
      [RATIO_JUMP_BAR + 1, 0, 'sell', 'entry'],
      [RATIO_JUMP_BAR + 2, 0, 'buy', 'other'],
    ]);
    expect(result.orders?.[1]?.status).toBe('cancelled');
  });

  it('gives up where the residual goes on, and stays out until it is back', () => {
    const second = Array.from({ length: 40 }, (_, bar) => 50 + (bar % 3));
    // Dear by more than three times the usual distance from bar 20 on, and by twenty times from 22 to 26. The fourth such bar
    // is still about two deviations from the mean of 20, at which it would enter if it had not given up.
    const apart = (bar: number) => (bar < 20 || bar > 26 ? 1 : bar < 22 ? 1.01 : 1.06);
    const first = second.map((price, bar) => 2 * price * (1 + 0.003 * ((bar % 2) * 2 - 1)) * apart(bar));
    const instruments = [seriesOf(first), seriesOf(second, { symbol: 'PEER' })];
    const result = runBuiltIn('pairs', { window: 20, entry_z: 1.5, exit_z: 0.5, stop_z: 3 }, { instruments });
    expect(legs(result)).toEqual([
      [21, 0, 'sell', 'entry'],
      [21, 1, 'buy', 'entry'],
      [23, 0, 'buy', 'stop_loss'],
      [23, 1, 'sell', 'stop_loss'],
    ]);
  });

  it('waits for its window, and trades nothing where prices never part', () => {
    expect(run(1).result.orders).toEqual([]);
    expect(run(1.05, { window: RATIO_JUMP_BAR + 1 }).result.fills?.[0]?.bar).toBe(RATIO_JUMP_BAR + 1);
    expect(run(1.05, { window: RATIO_JUMP_BAR + 3 }).result.fills).toEqual([]);
  });

  it('never holds one leg alone for two closes in a row, whatever is refused', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.constantFrom(45, 60, 100),
        fc.boolean(),
        (seed, percent, allow_short) => {
          const instruments = [seed, seed + 1].map((walk, index) => ({
            ...seriesOf([], { symbol: `S${index}` }),
            candles: walkingCandles(150, walk),
          }));
          const params = { window: 20, entry_z: 1, exit_z: 0.5, stop_z: 2, percent };
          const result = runBuiltIn('pairs', params, { instruments }, { margin: { allow_short } });
          const alone = new Map<number, number>();
          const quantity = [0, 0];
          for (const fill of result.fills ?? []) {
            const signed = fill.side === 'buy' ? fill.quantity : -fill.quantity;
            quantity[fill.instrument] = Math.round(((quantity[fill.instrument] ?? 0) + signed) * 1e9) / 1e9;
            alone.set(fill.bar, Number((quantity[0] === 0) !== (quantity[1] === 0)));
          }
          for (const [bar, isAlone] of alone) if (isAlone && bar < 149) expect(alone.get(bar + 1)).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('needs deviations that ascend', () => {
    expect(() => run(1, { exit_z: 2 })).toThrow('they must ascend in this order');
  });
});
