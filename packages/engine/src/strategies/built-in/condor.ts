import type { StrategyParameters } from '@tradebase/contracts';
import { EngineError } from '../../engine-error.ts';
import { daysToExpiry } from '../../options/option-calendar.ts';
import { quoteByDelta, quotesOfExpiryNear } from '../../options/select-quotes.ts';
import { closeOptions, closeStock, manageCredit } from '../../options/unwind.ts';
import type { OptionsDesk } from '../../trading/options-desk.ts';
import type { TradingContext } from '../../trading/trading-context.ts';
import { numberOf } from '../parameter-values.ts';
import type { StrategyDefinition, TradingAgent } from '../strategy-definition.ts';

const LEGS = 4;

const parameters: StrategyParameters = {
  short_delta: {
    type: 'number',
    default: 0.2,
    min: 0.05,
    max: 0.5,
    step: 0.01,
    description: 'Of put and call that are sold, in size',
  },
  wing_delta: {
    type: 'number',
    default: 0.08,
    min: 0.01,
    max: 0.4,
    step: 0.01,
    description: 'Of those that are bought',
  },
  dte: { type: 'integer', default: 45, min: 1, max: 365, step: 1, description: 'Days to expiry at entry, about' },
  profit_target_pct: {
    type: 'number',
    default: 50,
    min: 1,
    max: 100,
    step: 5,
    description: 'Closed once this share of the credit is won',
  },
  stop_pct: {
    type: 'number',
    default: 150,
    min: 10,
    max: 1000,
    step: 10,
    description: 'Closed once this share of the credit is lost',
  },
  exit_dte: {
    type: 'integer',
    default: 7,
    min: 0,
    max: 60,
    step: 1,
    description: 'Closed at so many days left; 0 for never',
  },
  risk_pct: {
    type: 'number',
    default: 5,
    min: 0.1,
    max: 100,
    step: 0.5,
    description: 'Most that a condor may lose, of equity',
  },
};

interface CondorValues {
  readonly shortDelta: number;
  readonly wingDelta: number;
  readonly dte: number;
  readonly profitTarget: number;
  readonly stop: number;
  readonly exitDte: number;
  readonly risk: number;
}

/** Sells one iron condor at a time. */
class CondorAgent implements TradingAgent {
  readonly #values: CondorValues;

  constructor(values: CondorValues) {
    this.#values = values;
  }

  onBar(context: TradingContext): void {
    const desk = context.options;
    if (desk === null) return;
    const held = desk.positions;
    // A leg that was assigned leaves shares, and a position that is no condor any more.
    if (closeStock(context) || (held.length > 0 && held.length < LEGS)) closeOptions(desk, 'assignment');
    else if (held[0] === undefined) this.#enter(desk, context);
    else manageCredit(desk, this.#values, daysToExpiry(held[0].contract.expiry, context.ts));
  }

  #enter(desk: OptionsDesk, { ts, equity }: TradingContext): void {
    const { shortDelta, wingDelta, dte, risk } = this.#values;
    const quotes = quotesOfExpiryNear(desk.chain(), ts, dte);
    const longPut = quoteByDelta(quotes, 'put', wingDelta);
    const shortPut = quoteByDelta(quotes, 'put', shortDelta);
    const shortCall = quoteByDelta(quotes, 'call', shortDelta);
    const longCall = quoteByDelta(quotes, 'call', wingDelta);
    if (longPut === null || shortPut === null || shortCall === null || longCall === null) return;
    const putWidth = shortPut.contract.strike - longPut.contract.strike;
    const callWidth = longCall.contract.strike - shortCall.contract.strike;
    const body = shortCall.contract.strike - shortPut.contract.strike;
    const credit = shortPut.bid + shortCall.bid - longPut.ask - longCall.ask;
    const loss = Math.max(putWidth, callWidth) - credit;
    if (!(putWidth > 0 && callWidth > 0 && body > 0 && credit > 0 && loss > 0)) return;
    const condors = Math.floor((risk * equity) / (loss * desk.multiplier));
    if (condors < 1) return;
    desk.submit(
      [
        { contract: longPut.contract, quantity: condors },
        { contract: shortPut.contract, quantity: -condors },
        { contract: shortCall.contract, quantity: -condors },
        { contract: longCall.contract, quantity: condors },
      ],
      'entry',
    );
  }
}

export const condor: StrategyDefinition = {
  name: 'condor',
  title: 'Iron Condor',
  description:
    'Sells a put and a call out of the money and buys cheaper ones further out, for a credit and a loss with a bound. ' +
    'Earns while the market stays between the strikes; a fast move in either direction loses several credits.',
  parameters,
  needs: { options: true },
  build(values) {
    const chosen: CondorValues = {
      shortDelta: numberOf(values, 'short_delta'),
      wingDelta: numberOf(values, 'wing_delta'),
      dte: numberOf(values, 'dte'),
      profitTarget: numberOf(values, 'profit_target_pct') / 100,
      stop: numberOf(values, 'stop_pct') / 100,
      exitDte: numberOf(values, 'exit_dte'),
      risk: numberOf(values, 'risk_pct') / 100,
    };
    if (chosen.wingDelta >= chosen.shortDelta) {
      const message = `wing_delta is ${chosen.wingDelta}; it must be below short_delta, which is ${chosen.shortDelta}`;
      throw new EngineError('invalid_params', message);
    }
    return { kind: 'events', name: 'condor', warm_up_bars: 0, start: () => new CondorAgent(chosen) };
  },
};
