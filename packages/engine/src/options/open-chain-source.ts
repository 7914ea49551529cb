import type { BacktestSettings, OptionsSettings } from '@tradebase/contracts';
import { timeframeLengthMs } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { InstrumentSeries } from '../market/market-data.ts';
import type { ChainSource } from './chain-source.ts';
import { DataChain, type OptionQuoteRow } from './data-chain.ts';
import { ModelChain } from './model-chain.ts';
import { DAY_MS } from './option-calendar.ts';

/**
 * Quotes of the options of an instrument: from data on days that have any, else by the model. A contract that the data of a
 * day leaves out is marked by the model too, but cannot be traded at the open of that day.
 *
 * @throws EngineError `invalid_option` for bars longer than a day, `invalid_option_quotes`
 */
export function openChainSource(
  series: InstrumentSeries,
  settings: OptionsSettings,
  calendar: BacktestSettings['instrument']['calendar'],
  rows: readonly OptionQuoteRow[] = [],
): ChainSource {
  if (timeframeLengthMs(series.timeframe) > DAY_MS) {
    const message = `bars are of ${series.timeframe}; options need bars of a day or less`;
    throw new EngineError('invalid_option', message, { timeframe: series.timeframe });
  }
  const model = new ModelChain(series, settings, calendar);
  if (rows.length === 0) return model;
  const data = new DataChain(rows, series, settings);
  return {
    chainAtClose: (bar) => (data.has(bar) ? data.chainAtClose(bar) : model.chainAtClose(bar)),
    quoteAtClose: (contract, bar) => data.quoteAtClose(contract, bar) ?? model.quoteAtClose(contract, bar),
    pricesAtOpen: (contract, bar) => data.pricesAtOpen(contract, bar),
  };
}
