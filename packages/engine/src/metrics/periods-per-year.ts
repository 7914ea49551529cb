import { type InstrumentRules, type Timeframe, timeframeLengthMs } from '@tradebase/contracts';

const DAY_MS = 86_400_000;
const YEAR_DAYS = 365.25;
const CALENDAR_DAYS = { equities: 252, crypto: 365, forex: 260 } as const;

/**
 * How many daily returns make a year, which is what they are annualised by. Bars longer than a day have a return each,
 * so that months are 12 a year and weeks 365.25 / 7, whatever the calendar.
 *
 * @param days number of days with a bar, for the calendar `measured`: days over the years from the first to the last
 * @param firstDay number of the first and the last day, counted in the zone of the exchange
 */
export function periodsPerYear(
  calendar: InstrumentRules['calendar'],
  timeframe: Timeframe,
  { days, firstDay, lastDay }: { days: number; firstDay: number; lastDay: number },
): number {
  if (timeframe === '1mo') return 12;
  const barDays = timeframeLengthMs(timeframe) / DAY_MS;
  if (barDays > 1) return YEAR_DAYS / barDays;
  if (calendar !== 'measured') return CALENDAR_DAYS[calendar];
  return days / ((lastDay - firstDay + 1) / YEAR_DAYS);
}
