import type { NodeId, Plan } from './plan.ts';

/** How large a position is. A node is read at the bar of the signal. */
export type Sizing =
  /** So many units. */
  | { readonly method: 'fixed_quantity'; readonly quantity: NodeId }
  /** So much money. */
  | { readonly method: 'fixed_value'; readonly value: NodeId }
  /** A share of equity, in percent; 100 is everything, fee included. */
  | { readonly method: 'percent_of_equity'; readonly percent: NodeId }
  /** So that the distance to the stop loses this percentage of equity. Needs a stop. */
  | { readonly method: 'risk'; readonly risk_pct: NodeId; readonly max_percent: NodeId }
  /** `fraction` of the Kelly bet of the last `trades` closed trades, at most `max_percent` of equity; `start_percent` before. */
  | {
      readonly method: 'kelly';
      readonly fraction: number;
      readonly trades: number;
      readonly max_percent: number;
      readonly start_percent: number;
    };

/** A distance from the entry price, in money a unit: a node read at the bar of the signal, or a percentage of the price. */
export type Distance =
  | { readonly unit: 'percent'; readonly percent: NodeId }
  | { readonly unit: 'price'; readonly distance: NodeId };

/** When trades may be opened, in the time zone of the exchange or in its own; minutes after that zone's midnight. */
export interface SessionWindow {
  /** IANA name; the zone of the instrument's exchange without one. */
  readonly time_zone?: string;
  readonly from_minute: number;
  readonly to_minute: number;
  /** 0 is Sunday. */
  readonly days: readonly number[];
  /** Whether positions are closed at the last bar that ends within the window. */
  readonly close_at_end: boolean;
}

/** What is done on the signals of a rule strategy. Signals are nodes that are not 0 where they hold. */
export interface TradeRules {
  readonly enter_long: NodeId | null;
  readonly exit_long: NodeId | null;
  readonly enter_short: NodeId | null;
  readonly exit_short: NodeId | null;
  readonly sizing: Sizing;
  /** How an entry is ordered: at market, or resting at the price of a node for `valid_bars` bars. */
  readonly entry_order:
    | { readonly type: 'market' }
    | { readonly type: 'limit' | 'stop'; readonly price: NodeId; readonly valid_bars: number };
  readonly stop_loss: Distance | null;
  readonly take_profit: Distance | { readonly unit: 'risk'; readonly multiple: NodeId } | null;
  /** Follows the best price since entry; `activate` is the profit a unit from which on it does. */
  readonly trailing_stop: { readonly distance: Distance; readonly activate: Distance | null } | null;
  /** Closes a position that is so many bars old. */
  readonly time_exit_bars: number | null;
  /** No entry for so many bars after an exit. */
  readonly cooldown_bars: number;
  /** Most entries of one position. */
  readonly max_entries: number;
  /** No entry on a day of the exchange on which equity has lost this much from its start; null for no cap. */
  readonly daily_loss_cap_pct: number | null;
  /** Most positions at a time over all instruments. */
  readonly max_positions: number;
  readonly session: SessionWindow | null;
}

/** A rule strategy with its parameters chosen: columns to compute, and what to do on them. */
export interface RuleProgram {
  readonly plan: Plan;
  readonly rules: TradeRules;
  /**
   * Bars without a signal: the first bar that can carry one has this index. Where columns of other timeframes or instruments
   * take part, that depends on the data, and this counts their bars as bars: a simulation begins at `first_bar` of
   * `evaluatePlan` where that is later.
   */
  readonly warm_up_bars: number;
}
