import type { ParameterValues } from '@tradebase/contracts';
import { EngineError } from '../../engine-error.ts';
import { log } from '../../math/logarithm.ts';
import { mean } from '../../math/mean.ts';
import type { TradingContext } from '../../trading/trading-context.ts';
import { numberOf } from '../parameter-values.ts';
import type { StrategyDefinition, TradingAgent } from '../strategy-definition.ts';

/** Trades the distance of two instruments that move together. */
export const pairs: StrategyDefinition = {
  name: 'pairs',
  title: 'Pairs',
  description:
    'Regresses the log price of the first instrument on that of the second over a window, and trades the residual: when it ' +
    'is far above its mean it sells the first and buys the second, when far below the reverse, in equal value; it leaves ' +
    'when the residual has come back. A leg whose other was refused, for lack of margin or because shorts are not allowed, is ' +
    'closed at once. Needs two instruments that move together, and fails when they stop doing so, which ' +
    'the stop bounds.',
  parameters: {
    window: { type: 'integer', default: 60, min: 10, max: 2000, step: 10, description: 'Bars of the regression' },
    entry_z: {
      type: 'number',
      default: 2,
      min: 0.1,
      max: 10,
      step: 0.25,
      description: 'Deviations at which it enters',
    },
    exit_z: { type: 'number', default: 0.5, min: 0, max: 10, step: 0.25, description: 'Deviations at which it leaves' },
    stop_z: {
      type: 'number',
      default: 4,
      min: 0.2,
      max: 20,
      step: 0.5,
      description: 'Deviations at which it gives up',
    },
    percent: { type: 'number', default: 45, min: 1, max: 100, step: 5, description: 'Of equity, in each leg' },
  },
  needs: { instruments: 2 },
  build(values: ParameterValues) {
    const settings = {
      window: numberOf(values, 'window'),
      entry: numberOf(values, 'entry_z'),
      exit: numberOf(values, 'exit_z'),
      stop: numberOf(values, 'stop_z'),
      share: numberOf(values, 'percent') / 100,
    };
    if (!(settings.exit < settings.entry && settings.entry < settings.stop)) {
      throw new EngineError(
        'invalid_params',
        `exit_z is ${settings.exit}, entry_z ${settings.entry} and stop_z ${settings.stop}; they must ascend in this order`,
      );
    }
    return { kind: 'events', name: 'pairs', warm_up_bars: settings.window - 1, start: () => new PairsAgent(settings) };
  },
};

interface PairsSettings {
  readonly window: number;
  readonly entry: number;
  readonly exit: number;
  readonly stop: number;
  readonly share: number;
}

class PairsAgent implements TradingAgent {
  readonly #settings: PairsSettings;
  /** After a stop it stays out until the residual has come back. */
  #isStoppedOut = false;

  constructor(settings: PairsSettings) {
    this.#settings = settings;
  }

  onBar(context: TradingContext): void {
    const { workingOrders } = context;
    if (workingOrders.some(({ reduce_only }) => reduce_only)) return;
    const held = context.position(0);
    if ((held === 0) !== (context.position(1) === 0)) {
      this.#abandon(context);
      return;
    }
    // Both legs must have a candle that ends here, and none of the last orders may still be working.
    if (workingOrders.length > 0 || !this.#isComplete(context)) return;
    const z = this.#residualZ(context);
    if (Number.isNaN(z)) return;

    const { entry, exit, stop } = this.#settings;
    if (held !== 0) {
      const isBack = held > 0 ? z >= -exit : z <= exit;
      const isLost = held > 0 ? z <= -stop : z >= stop;
      if (isBack || isLost) this.#leave(context, isLost ? 'stop_loss' : 'exit');
      this.#isStoppedOut = isLost;
    } else if (this.#isStoppedOut) {
      this.#isStoppedOut = Math.abs(z) > exit;
    } else if (Math.abs(z) >= entry && Math.abs(z) < stop) {
      this.#enter(context, z > 0 ? 'sell' : 'buy');
    }
  }

  /** One leg alone is a bet that nobody wanted: the other was refused, or has no candle. It is closed, and not tried again at once. */
  #abandon(context: TradingContext): void {
    for (const { id } of [...context.workingOrders]) context.cancel(id);
    this.#leave(context, 'other');
    this.#isStoppedOut = true;
  }

  #isComplete(context: TradingContext): boolean {
    return [0, 1].every((instrument) => {
      const index = context.candleIndex(instrument);
      const ts = context.instruments[instrument]?.candles.ts;
      return index >= this.#settings.window - 1 && ts?.[index] === context.ts;
    });
  }

  /** How many deviations the newest residual of the regression lies from 0; NaN where prices do not move. */
  #residualZ(context: TradingContext): number {
    const { window } = this.#settings;
    const first = this.#logCloses(context, 0);
    const second = this.#logCloses(context, 1);
    const meanFirst = mean(first);
    const meanSecond = mean(second);
    let covariance = 0;
    let variance = 0;
    for (let i = 0; i < window; i++) {
      const x = (second[i] as number) - meanSecond;
      covariance += x * ((first[i] as number) - meanFirst);
      variance += x * x;
    }
    const slope = covariance / variance;
    let squares = 0;
    let residual = NaN;
    for (let i = 0; i < window; i++) {
      residual = (first[i] as number) - meanFirst - slope * ((second[i] as number) - meanSecond);
      squares += residual * residual;
    }
    const deviation = Math.sqrt(squares / (window - 2));
    return deviation > 1e-12 ? residual / deviation : NaN;
  }

  #logCloses(context: TradingContext, instrument: number): Float64Array {
    const end = context.candleIndex(instrument) + 1;
    const closes = context.instruments[instrument]?.candles.close.subarray(end - this.#settings.window, end);
    return (closes ?? new Float64Array(0)).map((price) => log(price));
  }

  #enter(context: TradingContext, side: 'buy' | 'sell'): void {
    const value = context.equity * this.#settings.share;
    const other = side === 'buy' ? 'sell' : 'buy';
    context.submit({ instrument: 0, side, type: 'market', quantity: value / context.close(0), reason: 'entry' });
    context.submit({ instrument: 1, side: other, type: 'market', quantity: value / context.close(1), reason: 'entry' });
  }

  #leave(context: TradingContext, reason: string): void {
    for (const instrument of [0, 1]) {
      const held = context.position(instrument);
      if (held === 0) continue;
      context.submit({
        instrument,
        side: held > 0 ? 'sell' : 'buy',
        type: 'market',
        quantity: Math.abs(held),
        reduce_only: true,
        reason,
      });
    }
  }
}
