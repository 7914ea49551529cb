import type { InstrumentRules } from '@tradebase/contracts';
import type { InstrumentSeries, MarketData } from './market-data.ts';

/** The series with the rules of its own, or else with those of the settings: so that all that reads it sees one time zone. */
export function withRules(series: InstrumentSeries, rules: InstrumentRules): InstrumentSeries {
  return series.rules === undefined ? { ...series, rules } : series;
}

/** As `withRules`, of all instruments. */
export function marketWithRules({ instruments }: MarketData, rules: InstrumentRules): MarketData {
  return { instruments: instruments.map((series) => withRules(series, rules)) };
}
