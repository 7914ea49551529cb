import type { ParameterValues, StrategyParameters } from '@tradebase/contracts';
import type { MarketData } from '../market/market-data.ts';
import type { RuleProgram } from '../plan/rule-program.ts';
import type { Fill } from '../trading/order.ts';
import type { TradingContext } from '../trading/trading-context.ts';

/** A strategy with its parameters chosen. */
export type Strategy =
  /** Says what to do by columns that are computed at once: runs on both paths. */
  | { readonly kind: 'rules'; readonly name: string; readonly program: RuleProgram }
  /** Decides at each bar what to order: runs on the event-driven path alone. */
  | {
      readonly kind: 'events';
      readonly name: string;
      /** Bars before the first call of `onBar`. */
      readonly warm_up_bars: number;
      /** Begins a run; what it remembers lives in the agent, so that one strategy can run many times. */
      start(data: MarketData): TradingAgent;
    };

/** What decides while a backtest runs. */
export interface TradingAgent {
  /** Called at the close of each bar of the clock from the warm-up on. Orders placed here can fill from the next bar on. */
  onBar(context: TradingContext): void;
  /** Called after each fill, within the bar of the fill; orders placed here work from the next bar on. */
  onFill?(fill: Fill, context: TradingContext): void;
}

/** What a strategy is: made once, in one file of `built-in`, or from a specification of a user. */
export interface StrategyDefinition {
  /** As in `STRATEGY_NAME`. */
  readonly name: string;
  readonly title: string;
  /** What it does and when it tends to work and fail, in a few sentences. */
  readonly description: string;
  readonly parameters: StrategyParameters;
  /** What it needs besides the candles of one instrument. */
  readonly needs?:
    | {
        readonly instruments?: number;
        readonly columns?: readonly string[];
        readonly options?: boolean;
      }
    | undefined;
  /**
   * The strategy with its parameters chosen. `values` are complete and within their bounds: `resolveStrategy` saw to it.
   *
   * @throws EngineError `invalid_params` where they make no sense together
   */
  build(values: ParameterValues): Strategy;
}
