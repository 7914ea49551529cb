import { BiasReport } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { type BiasCheckInput, checkBias, checkBiasInChunks } from '../src/bias/check-bias.ts';
import { BUILT_IN_STRATEGIES } from '../src/index.ts';
import type { MarketData } from '../src/market/market-data.ts';
import type { Strategy, StrategyDefinition, TradingAgent } from '../src/strategies/strategy-definition.ts';
import { candlesOfCloses, fixedRandom } from './support/made-up-candles.ts';

/** Daily prices with swings and trends, of two instruments that move together but for a swing of their own. */
function market(bars: number): MarketData {
  const random = fixedRandom(23);
  let common = 100;
  let drift = 0;
  const first = new Float64Array(bars);
  const second = new Float64Array(bars);
  const volume = new Float64Array(bars);
  for (let bar = 0; bar < bars; bar++) {
    if (bar % 40 === 0) drift = (random() - 0.45) / 60;
    common *= 1 + drift + (random() - 0.5) / 30;
    first[bar] = Math.round(100 * common * (1 + 0.03 * Math.sin(bar / 9))) / 100;
    second[bar] = Math.round(50 * common) / 100;
    volume[bar] = Math.round(1000 * (1 + 3 * random()));
  }
  const prediction = first.map((price, bar) => (price > (first[bar - 3] ?? price) ? 0.7 : 0.3));
  const series = { timeframe: '1d', columns: { prediction } } as const;
  const candles = (closes: Float64Array) => ({ ...candlesOfCloses(closes), volume });
  return {
    instruments: [
      { symbol: 'ACME', candles: candles(first), ...series },
      { symbol: 'PEER', candles: candles(second), ...series },
    ],
  };
}

function mainOf({ instruments }: MarketData): MarketData {
  return { instruments: instruments.slice(0, 1) };
}

const BARS = 420;
const CASH = 100_000;
const TRADES_OPTIONS_BARS = 130;

/** What the check finds on a market that is as short as is enough. */
function check({ name, needs }: StrategyDefinition): BiasReport {
  const data = market(needs?.options ? TRADES_OPTIONS_BARS : BARS);
  return checkBias({
    data: needs?.instruments === 2 ? data : mainOf(data),
    strategy: { name, params: {} },
    initial_cash: CASH,
    max_cuts: needs?.options ? 12 : 40,
    compared_bars: needs?.options ? 10 : 60,
    ...(needs?.options ? { start_up_bars: [30, 60] } : {}),
  });
}

describe('the built-in strategies', () => {
  const byName = BUILT_IN_STRATEGIES.map((definition) => [definition.name, definition] as const);

  it.each(byName)('%s decides something, and nothing by what comes later', (_, definition) => {
    const report = check(definition);
    expect(BiasReport.parse(report)).toEqual(report);
    expect(report.look_ahead).toEqual([]);
    expect(report).toMatchObject({ looks_ahead: false, decisions: expect.any(Number) });
    expect(report.decisions).toBeGreaterThan(0);
    expect(report.cuts).toBeGreaterThan(5);
  });

  it.each(['sma-cross', 'bollinger-mean-reversion', 'momentum', 'ml-signal'])(
    '%s, of windows alone, is settled after the warm-up that it declares',
    (name) => {
      const report = check(named(name));
      expect(report.depends_on_state).toBe(false);
      expect(report.settled_after_bars).toBe(Math.max(report.warm_up_bars, 1));
    },
  );

  it.each(['rsi-mean-reversion', 'macd-rsi', 'breakout-scalping'])(
    '%s, of averages that fade, is settled within sixteen warm-ups',
    (name) => {
      const { settled_after_bars } = check(named(name));
      expect(settled_after_bars).not.toBeNull();
    },
  );

  it('have their columns named that no check can see into', () => {
    expect(check(named('ml-signal')).unchecked_columns).toEqual(['prediction']);
    expect(check(named('sma-cross')).unchecked_columns).toEqual([]);
  });
});

describe('an agent that cheats', () => {
  const closeOf = (data: MarketData, index: number) => data.instruments[0]?.candles.close[index] ?? NaN;
  const oneShare = { instrument: 0, type: 'market', quantity: 1 } as const;
  const agentOf = (start: (data: MarketData) => TradingAgent): Strategy => ({
    kind: 'events',
    name: 'made-up',
    warm_up_bars: 0,
    start,
  });
  const checkAgent = (strategy: Strategy, more: Partial<BiasCheckInput> = {}) =>
    checkBias({ data: mainOf(market(120)), strategy, initial_cash: CASH, max_cuts: 120, ...more });

  it('is caught where it keeps the data that it was started with and peeks at the next close', () => {
    const cheat = agentOf((data) => ({
      onBar(context) {
        const rises = closeOf(data, context.bar + 1) > context.close(0);
        if (rises && context.position(0) === 0) context.submit({ ...oneShare, side: 'buy' });
        if (!rises && context.position(0) > 0) context.submit({ ...oneShare, side: 'sell' });
      },
    }));
    const report = checkAgent(cheat);
    expect(report).toMatchObject({ looks_ahead: true, depends_on_state: true });
    expect(report.look_ahead[0]).toMatchObject({ with_future: 'buy ACME market {"quantity":1}', without_future: null });
  });

  it('is caught where it looks ahead in the candles that its context shows', () => {
    const cheat = agentOf(() => ({
      onBar(context) {
        if (closeOf(context, context.bar + 1) > context.close(0)) context.submit({ ...oneShare, side: 'buy' });
      },
    }));
    expect(checkAgent(cheat).looks_ahead).toBe(true);
  });

  it('is caught where only the size of its orders knows the future', () => {
    const cheat = agentOf((data) => ({
      onBar(context) {
        const quantity = closeOf(data, context.bar + 1) > context.close(0) ? 2 : 1;
        if (context.bar % 20 === 0) context.submit({ ...oneShare, quantity, side: 'buy' });
      },
    }));
    expect(checkAgent(cheat).looks_ahead).toBe(true);
  });

  it('is caught where it cancels by the future, within the bar of a fill', () => {
    const cheat = agentOf((data) => ({
      onBar(context) {
        if (context.bar % 10 > 0) return;
        context.submit({ ...oneShare, side: 'buy' });
        context.submit({ ...oneShare, side: 'buy', type: 'limit', limit_price: 1 });
      },
      onFill(fill, context) {
        const [resting] = context.workingOrders;
        if (resting && closeOf(data, fill.bar + 1) > context.close(0)) context.cancel(resting.id);
      },
    }));
    expect(checkAgent(cheat).looks_ahead).toBe(true);
  });

  it('is caught where it trades options by the next close', () => {
    const cheat = agentOf((data) => ({
      onBar(context) {
        const quote = context.options?.chain()[0];
        if (!quote || context.bar % 5 > 0 || closeOf(data, context.bar + 1) < context.close(0)) return;
        context.options?.submit([{ contract: quote.contract, quantity: 1 }]);
      },
    }));
    const report = checkAgent(cheat, { optionQuotes: [], data: mainOf(market(60)), max_cuts: 60, compared_bars: 0 });
    expect(report.looks_ahead).toBe(true);
  });

  it('is not accused where it is honest', () => {
    const honest = agentOf(() => ({
      onBar(context) {
        if (context.bar % 7 === 0) context.submit({ ...oneShare, side: 'buy' });
      },
    }));
    expect(checkAgent(honest)).toMatchObject({ looks_ahead: false, decisions: 18 });
  });
});

describe('a check in steps', () => {
  const input: BiasCheckInput = {
    data: mainOf(market(120)),
    strategy: { name: 'sma-cross', params: { fast: 3, slow: 8 } },
    initial_cash: CASH,
    start_up_bars: [30, 10, 10, 5000],
  };

  it('says how much is done after each run, up to all of it, and comes to the same', () => {
    const steps = checkBiasInChunks(input);
    const shares: number[] = [];
    let step = steps.next();
    for (; !step.done; step = steps.next()) shares.push(step.value);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares).toHaveLength(1 + step.value.cuts + 2);
    expect(shares.at(-1)).toBe(1);
    expect(step.value).toEqual(checkBias(input));
  });

  it('compares the start-up lengths that were asked for, as far as they fit', () => {
    expect(checkBias(input).warm_up.map(({ start_up_bars }) => start_up_bars)).toEqual([10, 30]);
  });

  it.each<[string, Partial<BiasCheckInput>]>([
    ['startUpBars is 0', { start_up_bars: [0] }],
    ['pairs needs 2 instruments', { strategy: { name: 'pairs', params: {} } }],
    ['initial_cash is 0', { initial_cash: 0 }],
    ["no strategy named 'sma-crss'", { strategy: { name: 'sma-crss', params: {} } }],
  ])('refuses: %s', (message, changes) => {
    expect(() => checkBias({ ...input, ...changes })).toThrow(message);
  });
});

function named(name: string): StrategyDefinition {
  const definition = BUILT_IN_STRATEGIES.find((known) => known.name === name);
  if (!definition) throw new Error(`there is no strategy ${name}`);
  return definition;
}
