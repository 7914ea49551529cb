import { z } from 'zod';
import { NumberOrExpression } from './strategy-expression.ts';

const ByPercent = z.strictObject({ percent: NumberOrExpression.describe('Of the entry price') });
const ByDistance = z.strictObject({ distance: NumberOrExpression.describe('In money a unit') });
const ByAtr = z.strictObject({
  atr: NumberOrExpression.describe('So many average true ranges'),
  period: NumberOrExpression.optional().describe('Of the average true range, in bars; default 14'),
});

const DISTANCE_FORMS = 'must be one of {percent}, {distance} and {atr, period}';

/** A distance from the entry price, fixed at the bar of the signal. */
export const PriceDistance = z.union([ByPercent, ByDistance, ByAtr], { error: DISTANCE_FORMS });
export type PriceDistance = z.infer<typeof PriceDistance>;

/** Where profit is taken: a distance, or a multiple of the distance of the stop. */
export const ProfitTarget = z.union(
  [ByPercent, ByDistance, ByAtr, z.strictObject({ risk_multiple: NumberOrExpression })],
  { error: `${DISTANCE_FORMS.replace(' and ', ', ')} and {risk_multiple}` },
);
export type ProfitTarget = z.infer<typeof ProfitTarget>;

const activate = PriceDistance.optional().describe('Profit a unit from which on it follows; from entry on by default');

/** A stop that follows the best price since entry. */
export const TrailingStop = z.union(
  [ByPercent.extend({ activate }), ByDistance.extend({ activate }), ByAtr.extend({ activate })],
  { error: `${DISTANCE_FORMS}, each with activate where it waits for a profit` },
);
export type TrailingStop = z.infer<typeof TrailingStop>;

/** How large a position is. */
export const StrategySizing = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('fixed_quantity'), quantity: NumberOrExpression.describe('Units') }),
  z.strictObject({ method: z.literal('fixed_value'), value: NumberOrExpression.describe('In the quote currency') }),
  z.strictObject({
    method: z.literal('percent_of_equity'),
    percent: NumberOrExpression.describe('100 is everything, fee included'),
  }),
  z.strictObject({
    method: z.literal('risk'),
    risk_pct: NumberOrExpression.describe('Of equity, lost when price moves by the distance against the position'),
    distance: PriceDistance.optional().describe('Default: that of stop_loss'),
    max_percent: NumberOrExpression.optional().describe('Most of equity in the position; default 100'),
  }),
  z.strictObject({
    method: z.literal('kelly'),
    fraction: NumberOrExpression.describe('Of the full Kelly bet: 0.5 is half Kelly'),
    trades: NumberOrExpression.optional().describe('Last closed trades that it is estimated from; default 50'),
    max_percent: NumberOrExpression.optional().describe('Most of equity in the position; default 25'),
    start_percent: NumberOrExpression.optional().describe('Of equity while there are fewer trades; default 5'),
  }),
]);
export type StrategySizing = z.infer<typeof StrategySizing>;

const restingOrder = {
  price: NumberOrExpression,
  valid_bars: NumberOrExpression.optional().describe('Bars that it rests unless filled; default 1'),
};

/** How an entry is ordered. */
export const EntryOrder = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('market') }),
  z.strictObject({ type: z.literal('limit'), ...restingOrder }),
  z.strictObject({ type: z.literal('stop'), ...restingOrder }),
]);
export type EntryOrder = z.infer<typeof EntryOrder>;

/** Days of the week in the order that counts Sunday as 0. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time of day such as 09:30');

/** When positions may be opened. A window from later to earlier goes over midnight, and belongs to the day it begins on. */
export const StrategySession = z
  .strictObject({
    time_zone: z.string().max(64).refine(isTimeZone, 'must be an IANA time zone such as America/New_York').optional(),
    from: timeOfDay,
    to: timeOfDay,
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1)
      .max(7)
      .refine((days) => new Set(days).size === days.length, 'must name each day once')
      .optional()
      .describe('Default: every day'),
    close_at_end: z.boolean().optional().describe('Closes positions at the last bar of the window; default false'),
  })
  .refine(({ from, to }) => from !== to, {
    path: ['to'],
    message: 'must differ from from: leave session out for always',
  });
export type StrategySession = z.infer<typeof StrategySession>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
