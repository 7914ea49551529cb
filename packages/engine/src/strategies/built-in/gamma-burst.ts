import type { Candles, ParameterValues, StrategyParameters } from '@tradebase/contracts';
import { EngineError } from '../../engine-error.ts';
import { log } from '../../math/logarithm.ts';
import { daysToExpiry } from '../../options/option-calendar.ts';
import { quoteByDelta, quoteByStrike, quotesOfExpiryNear } from '../../options/select-quotes.ts';
import { closeOptions, closeStock, costToClose, creditReceived } from '../../options/unwind.ts';
import type { OptionQuote, OptionsDesk } from '../../trading/options-desk.ts';
import type { TradingContext } from '../../trading/trading-context.ts';
import { numberOf } from '../parameter-values.ts';
import type { StrategyDefinition, TradingAgent } from '../strategy-definition.ts';

const TRIGGERS = ['volatility', 'momentum'] as const;
const STRUCTURES = ['straddle', 'strangle', 'directional'] as const;

const parameters: StrategyParameters = {
  trigger: {
    type: 'choice',
    default: 'volatility',
    choices: [...TRIGGERS],
    description: 'A wide bar, or a large move of several bars',
  },
  structure: {
    type: 'choice',
    default: 'straddle',
    choices: [...STRUCTURES],
    description: 'Directional buys a call after a rise, a put after a fall',
  },
  lookback: {
    type: 'integer',
    default: 20,
    min: 2,
    max: 500,
    step: 1,
    description: 'Bars that a bar or move is compared with',
  },
  threshold: {
    type: 'number',
    default: 1.5,
    min: 0.1,
    max: 10,
    step: 0.1,
    description: 'Times the usual range of a bar, or deviations of the move',
  },
  momentum_bars: { type: 'integer', default: 3, min: 1, max: 100, step: 1, description: 'Bars of a move' },
  delta: {
    type: 'number',
    default: 0.3,
    min: 0.05,
    max: 0.6,
    step: 0.05,
    description: 'Of the options of a strangle or a direction, in size',
  },
  dte: { type: 'integer', default: 7, min: 1, max: 60, step: 1, description: 'Days to expiry at entry, about' },
  profit_target_pct: {
    type: 'number',
    default: 60,
    min: 1,
    max: 1000,
    step: 5,
    description: 'Sold once this share of the price paid is won',
  },
  stop_pct: {
    type: 'number',
    default: 50,
    min: 1,
    max: 100,
    step: 5,
    description: 'Sold once this share of the price paid is lost',
  },
  max_bars: { type: 'integer', default: 5, min: 1, max: 100, step: 1, description: 'Sold after so many bars' },
  risk_pct: { type: 'number', default: 2, min: 0.1, max: 100, step: 0.5, description: 'Spent on options, of equity' },
};

interface GammaBurstValues {
  readonly trigger: (typeof TRIGGERS)[number];
  readonly structure: (typeof STRUCTURES)[number];
  readonly lookback: number;
  readonly threshold: number;
  readonly momentumBars: number;
  readonly delta: number;
  readonly dte: number;
  readonly profitTarget: number;
  readonly stop: number;
  readonly maxBars: number;
  readonly risk: number;
}

/** Buys short-dated options when the market starts to move. */
class GammaBurstAgent implements TradingAgent {
  readonly #values: GammaBurstValues;
  /** Bar of the close at which the options that are held were first seen. */
  #heldSince: number | null = null;

  constructor(values: GammaBurstValues) {
    this.#values = values;
  }

  onBar(context: TradingContext): void {
    const desk = context.options;
    if (desk === null || closeStock(context)) return;
    const held = desk.positions[0];
    if (held !== undefined) {
      this.#heldSince ??= context.bar;
      this.#manage(desk, context.bar - this.#heldSince + 1, daysToExpiry(held.contract.expiry, context.ts));
      return;
    }
    this.#heldSince = null;
    const candles = context.instruments[0]?.candles;
    const move = candles === undefined ? 0 : this.#burst(candles, context.candleIndex(0));
    if (move !== 0) this.#enter(desk, context, move);
  }

  /** 1 after a rise and -1 after a fall that are large enough, else 0. */
  #burst({ high, low, close }: Candles, candle: number): number {
    const { trigger, lookback, threshold, momentumBars } = this.#values;
    const closeAt = (bar: number) => close[bar] ?? NaN;
    if (trigger === 'volatility') {
      const rangeOf = (bar: number) => {
        const before = closeAt(bar - 1);
        return Math.max(high[bar] ?? NaN, before) - Math.min(low[bar] ?? NaN, before);
      };
      let usual = 0;
      for (let bar = candle - lookback; bar < candle; bar++) usual += rangeOf(bar) / lookback;
      if (!(rangeOf(candle) >= threshold * usual && usual > 0)) return 0;
      return closeAt(candle) >= closeAt(candle - 1) ? 1 : -1;
    }
    const start = candle - momentumBars;
    let squares = 0;
    for (let bar = start - lookback + 1; bar <= start; bar++) {
      const change = log(closeAt(bar) / closeAt(bar - 1));
      squares += (change * change) / lookback;
    }
    const move = log(closeAt(candle) / closeAt(start));
    return Math.abs(move) >= threshold * Math.sqrt(squares * momentumBars) && squares > 0 ? Math.sign(move) : 0;
  }

  #enter(desk: OptionsDesk, context: TradingContext, move: number): void {
    const { dte, delta, structure, risk } = this.#values;
    const quotes = quotesOfExpiryNear(desk.chain(), context.ts, dte);
    const spot = context.close(0);
    const chosen: (OptionQuote | null)[] =
      structure === 'straddle'
        ? [quoteByStrike(quotes, 'call', spot), quoteByStrike(quotes, 'put', spot)]
        : structure === 'strangle'
          ? [quoteByDelta(quotes, 'call', delta), quoteByDelta(quotes, 'put', delta)]
          : [quoteByDelta(quotes, move > 0 ? 'call' : 'put', delta)];
    const bought = chosen.filter((quote) => quote !== null);
    const price = bought.reduce((sum, { ask }) => sum + ask, 0);
    if (bought.length < chosen.length || !(price > 0)) return;
    const quantity = Math.floor((risk * context.equity) / (price * desk.multiplier));
    if (quantity < 1) return;
    desk.submit(
      bought.map(({ contract }) => ({ contract, quantity })),
      'entry',
    );
  }

  #manage(desk: OptionsDesk, barsHeld: number, daysLeft: number): void {
    const paid = -creditReceived(desk);
    const cost = costToClose(desk);
    if (cost === null) return;
    const profit = -cost - paid;
    if (profit >= this.#values.profitTarget * paid) closeOptions(desk, 'take_profit');
    else if (-profit >= this.#values.stop * paid) closeOptions(desk, 'stop_loss');
    // What is left is sold before its last day, on which it would be exercised.
    else if (barsHeld >= this.#values.maxBars || daysLeft <= 1) closeOptions(desk, 'time_exit');
  }
}

export const gammaBurst: StrategyDefinition = {
  name: 'gamma-burst',
  title: 'Gamma Burst',
  description:
    'Buys short-dated options when a bar is unusually wide or the market has moved far in few bars, and sells them at a ' +
    'target, a stop or after some bars. Wins when moves go on; decay and spreads cost it in all other times.',
  parameters,
  needs: { options: true },
  build(values) {
    const chosen: GammaBurstValues = {
      trigger: choiceOf(values, 'trigger', TRIGGERS),
      structure: choiceOf(values, 'structure', STRUCTURES),
      lookback: numberOf(values, 'lookback'),
      threshold: numberOf(values, 'threshold'),
      momentumBars: numberOf(values, 'momentum_bars'),
      delta: numberOf(values, 'delta'),
      dte: numberOf(values, 'dte'),
      profitTarget: numberOf(values, 'profit_target_pct') / 100,
      stop: numberOf(values, 'stop_pct') / 100,
      maxBars: numberOf(values, 'max_bars'),
      risk: numberOf(values, 'risk_pct') / 100,
    };
    const warm_up_bars = chosen.lookback + 1 + (chosen.trigger === 'momentum' ? chosen.momentumBars : 0);
    return { kind: 'events', name: 'gamma-burst', warm_up_bars, start: () => new GammaBurstAgent(chosen) };
  },
};

function choiceOf<Choice extends string>(values: ParameterValues, name: string, choices: readonly Choice[]): Choice {
  const chosen = choices.find((choice) => choice === values[name]);
  if (chosen !== undefined) return chosen;
  throw new EngineError('invalid_params', `${name} is ${values[name]}; it must be one of ${choices.join(', ')}`);
}
