import {
  type EntryOrder,
  type NumberOrExpression,
  type PriceDistance,
  type ProfitTarget,
  type RuleStrategySpec,
  type StrategySession,
  type StrategySizing,
  type TrailingStop,
  WEEKDAYS,
} from '@tradebase/contracts';
import type { NodeId } from '../plan/plan.ts';
import type { Distance, SessionWindow, Sizing, TradeRules } from '../plan/rule-program.ts';
import type { NumberBounds, RuleBinder } from './rule-binder.ts';

/** Leverage 125 at most: the settings' bound. */
const MAX_PERCENT = 12_500;
const MAX_BARS = 1_000_000;
const POSITIVE: NumberBounds = { min: 0, max: Number.MAX_VALUE, above: true };
const PERCENT: NumberBounds = { min: 0, max: 100, above: true };
const PERCENT_OF_EQUITY: NumberBounds = { min: 0, max: MAX_PERCENT, above: true };
const BARS: NumberBounds = { min: 1, max: MAX_BARS, whole: true };

const DEFAULT_ATR_PERIOD = 14;
const DEFAULT_KELLY = { trades: 50, max_percent: 25, start_percent: 5 };

/** What a strategy does on its columns. What is wrong is in the binder's issues; the rules are for nobody then. */
export function bindTradeRules(binder: RuleBinder, spec: RuleStrategySpec): TradeRules {
  const { long, short, stop_loss, take_profit, trailing_stop, session } = spec;
  return {
    enter_long: long ? binder.condition('long.entry') : null,
    exit_long: long?.exit === undefined ? null : binder.condition('long.exit'),
    enter_short: short ? binder.condition('short.entry') : null,
    exit_short: short?.exit === undefined ? null : binder.condition('short.exit'),
    sizing: bindSizing(binder, spec.sizing ?? { method: 'percent_of_equity', percent: 100 }),
    entry_order: bindEntryOrder(binder, spec.entry_order ?? { type: 'market' }),
    stop_loss: stop_loss ? bindDistance(binder, 'stop_loss', stop_loss) : null,
    take_profit: take_profit ? bindTarget(binder, take_profit) : null,
    trailing_stop: trailing_stop ? bindTrailingStop(binder, trailing_stop) : null,
    time_exit_bars: spec.time_exit ? binder.constant('time_exit.bars', spec.time_exit.bars, BARS) : null,
    cooldown_bars: binder.constant('cooldown_bars', spec.cooldown_bars ?? 0, { ...BARS, min: 0 }),
    max_entries: binder.constant('pyramiding.max_entries', spec.pyramiding?.max_entries ?? 1, {
      min: 1,
      max: 1000,
      whole: true,
    }),
    daily_loss_cap_pct:
      spec.daily_loss_cap_pct === undefined
        ? null
        : binder.constant('daily_loss_cap_pct', spec.daily_loss_cap_pct, PERCENT),
    max_positions: binder.constant('max_positions', spec.max_positions ?? 1, { min: 1, max: 10_000, whole: true }),
    session: session ? sessionWindow(session) : null,
  };
}

function bindSizing(binder: RuleBinder, sizing: StrategySizing): Sizing {
  const of = (name: string) => `sizing.${name}`;
  switch (sizing.method) {
    case 'fixed_quantity':
      return { method: 'fixed_quantity', quantity: binder.number(of('quantity'), sizing.quantity, POSITIVE) };
    case 'fixed_value':
      return { method: 'fixed_value', value: binder.number(of('value'), sizing.value, POSITIVE) };
    case 'percent_of_equity':
      return { method: 'percent_of_equity', percent: binder.number(of('percent'), sizing.percent, PERCENT_OF_EQUITY) };
    case 'risk': {
      const risk_pct = binder.number(of('risk_pct'), sizing.risk_pct, PERCENT);
      const max_percent = binder.number(of('max_percent'), sizing.max_percent ?? 100, PERCENT_OF_EQUITY);
      return sizing.distance
        ? riskOfDistance(binder, risk_pct, max_percent, bindDistance(binder, of('distance'), sizing.distance))
        : { method: 'risk', risk_pct, max_percent };
    }
    case 'kelly': {
      const percent = (name: 'max_percent' | 'start_percent') =>
        binder.constant(of(name), sizing[name] ?? DEFAULT_KELLY[name], PERCENT_OF_EQUITY);
      return {
        method: 'kelly',
        fraction: binder.constant(of('fraction'), sizing.fraction, { min: 0, max: 2, above: true }),
        trades: binder.constant(of('trades'), sizing.trades ?? DEFAULT_KELLY.trades, {
          min: 2,
          max: 10_000,
          whole: true,
        }),
        max_percent: percent('max_percent'),
        start_percent: percent('start_percent'),
      };
    }
  }
}

/** Risk over a distance that is not the stop: the share of equity whose loss over the distance is the risk. */
function riskOfDistance(binder: RuleBinder, riskPct: NodeId, maxPercent: NodeId, distance: Distance): Sizing {
  const { builder } = binder;
  if (binder.issues.length > 0) return { method: 'percent_of_equity', percent: maxPercent };
  const [whole, part] =
    distance.unit === 'percent'
      ? [builder.constant(100), distance.percent]
      : [builder.add({ op: 'column', column: 'close', instrument: null, timeframe: null }), distance.distance];
  const percent = builder.binary('divide', builder.binary('multiply', riskPct, whole), part);
  return { method: 'percent_of_equity', percent: builder.binary('minimum', percent, maxPercent) };
}

function bindEntryOrder(binder: RuleBinder, order: EntryOrder): TradeRules['entry_order'] {
  if (order.type === 'market') return order;
  return {
    type: order.type,
    price: binder.number('entry_order.price', order.price, POSITIVE),
    valid_bars: binder.constant('entry_order.valid_bars', order.valid_bars ?? 1, BARS),
  };
}

function bindDistance(binder: RuleBinder, path: string, distance: PriceDistance): Distance {
  if ('percent' in distance) {
    return { unit: 'percent', percent: binder.number(`${path}.percent`, distance.percent, PERCENT) };
  }
  if ('distance' in distance) {
    return { unit: 'price', distance: binder.number(`${path}.distance`, distance.distance, POSITIVE) };
  }
  return { unit: 'price', distance: bindAtr(binder, path, distance.atr, distance.period ?? DEFAULT_ATR_PERIOD) };
}

function bindAtr(binder: RuleBinder, path: string, multiple: NumberOrExpression, period: NumberOrExpression): NodeId {
  const factor = binder.number(`${path}.atr`, multiple, POSITIVE);
  const bars = binder.constant(`${path}.period`, period, { ...BARS, max: 10_000 });
  if (binder.issues.length > 0) return factor;
  return binder.builder.binary('multiply', factor, binder.indicator(path, 'atr', [bars]));
}

function bindTarget(binder: RuleBinder, target: ProfitTarget): TradeRules['take_profit'] {
  if ('risk_multiple' in target) {
    const multiple = binder.number('take_profit.risk_multiple', target.risk_multiple, POSITIVE);
    return { unit: 'risk', multiple };
  }
  // A short cannot gain more than all of the price, but a long can.
  if ('percent' in target) {
    const bounds = { ...PERCENT, max: 1_000_000 };
    return { unit: 'percent', percent: binder.number('take_profit.percent', target.percent, bounds) };
  }
  return bindDistance(binder, 'take_profit', target);
}

function bindTrailingStop(binder: RuleBinder, stop: TrailingStop): TradeRules['trailing_stop'] {
  const { activate } = stop;
  return {
    distance: bindDistance(binder, 'trailing_stop', stop),
    activate: activate ? bindDistance(binder, 'trailing_stop.activate', activate) : null,
  };
}

function sessionWindow({ time_zone, from, to, days, close_at_end }: StrategySession): SessionWindow {
  return {
    ...(time_zone === undefined ? {} : { time_zone }),
    from_minute: minuteOf(from),
    to_minute: minuteOf(to),
    days: (days ?? WEEKDAYS).map((day) => WEEKDAYS.indexOf(day)).sort((a, b) => a - b),
    close_at_end: close_at_end ?? false,
  };
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
