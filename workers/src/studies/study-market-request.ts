import { BacktestSettings, type BacktestSettingsInput } from '@tradebase/contracts';
import type { LoadedMarket, MarketRequest } from '../market/load-market-data.ts';
import type { ClaimedStudy } from './claim-study.ts';

/** Which candles a study needs. */
export function studyMarketRequest({ instrument_id, timeframe, spec }: ClaimedStudy): MarketRequest {
  return {
    instrumentIds: [instrument_id],
    timeframe,
    finerTimeframe: null,
    rangeStart: timeOf(spec.from),
    rangeEnd: timeOf(spec.to),
    settings: givenSettings(spec.settings),
  };
}

/** The version of the candles of a study's instrument. */
export function dataVersionOf({ dataVersions }: LoadedMarket): number {
  return Object.values(dataVersions)[0] ?? 0;
}

function timeOf(instant: unknown): number | null {
  return typeof instant === 'string' ? Date.parse(instant) : null;
}

/** The settings as the caller wrote them; none where they are not settings, which the specification's parser says. */
function givenSettings(settings: unknown): BacktestSettingsInput {
  return isSettings(settings) ? settings : {};
}

function isSettings(value: unknown): value is BacktestSettingsInput {
  return BacktestSettings.safeParse(value).success;
}
