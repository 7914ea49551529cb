import type { OptionsSettings } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { MarketData } from '../market/market-data.ts';
import type { SimulationOptions } from '../simulator/simulation-options.ts';
import type { OptionQuoteRow } from './data-chain.ts';
import { openChainSource } from './open-chain-source.ts';
import { SimulatedOptionsDesk } from './simulated-options-desk.ts';

/**
 * A desk for the options of the main instrument: give what it returns to the simulator.
 *
 * @param rows quotes of the market, where there are any; the model quotes all other days
 */
export function optionsDeskOpener(
  settings: OptionsSettings,
  rows: readonly OptionQuoteRow[] = [],
): (data: MarketData, options: SimulationOptions) => SimulatedOptionsDesk {
  return (data, options) => {
    const series = data.instruments[0];
    if (series === undefined) throw new EngineError('empty_candles', 'there is no instrument; options need one');
    const source = openChainSource(series, settings, options.settings.instrument.calendar, rows);
    return new SimulatedOptionsDesk(series, settings, source);
  };
}
