import {
  BacktestSettings,
  OptionsSettings,
  type OptionsSettingsInput,
  type ParameterValues,
} from '@tradebase/contracts';
import type { InstrumentSeries } from '../../src/market/market-data.ts';
import { blackScholesPrice } from '../../src/options/black-scholes.ts';
import type { OptionQuoteRow } from '../../src/options/data-chain.ts';
import { optionsDeskOpener } from '../../src/options/options-desk-opener.ts';
import type { SimulatedOptionsDesk } from '../../src/options/simulated-options-desk.ts';
import { simulate } from '../../src/simulator/simulate-events.ts';
import type { StrategyDefinition } from '../../src/strategies/strategy-definition.ts';
import type { SimulationResult } from '../../src/trading/simulation-result.ts';
import { quoteRow } from './options-harness.ts';

export const VOLATILITY = 0.3;
const HALF_SPREAD = 0.05;

/** Middle of a quote of the made-up market: Black-Scholes at 30 % and no rate, days counted from 1 January 2024. */
export function middleOf(right: 'call' | 'put', strike: number, spot: number, daysLeft: number): number {
  const terms = { right, spot, strike, years: daysLeft / 365, rate: 0, dividend_yield: 0 };
  return blackScholesPrice(terms, VOLATILITY);
}

/** Quotes on every day of options of one expiry, strikes 80 to 120 by 5: 5 cents either side of the middle. */
export function quotesOn(closes: readonly number[], expiryDay: number): OptionQuoteRow[] {
  return closes.flatMap((spot, bar) => {
    const day = bar + 1;
    if (day > expiryDay) return [];
    return [80, 85, 90, 95, 100, 105, 110, 115, 120].flatMap((strike) =>
      (['call', 'put'] as const).map((right) => {
        const middle = middleOf(right, strike, spot, expiryDay - day);
        const bid = middle > HALF_SPREAD ? middle - HALF_SPREAD : NaN;
        return quoteRow(day, expiryDay, right, strike, bid, middle + HALF_SPREAD);
      }),
    );
  });
}

/** The defaults of a strategy's parameters, with some chosen. */
export function valuesOf(definition: StrategyDefinition, chosen: ParameterValues = {}): ParameterValues {
  const defaults = Object.entries(definition.parameters).map(([name, parameter]) => [name, parameter.default]);
  return { ...Object.fromEntries(defaults), ...chosen };
}

/** Runs an options strategy in the simulator. */
export function simulateOptions(
  definition: StrategyDefinition,
  series: InstrumentSeries,
  {
    rows = [],
    chosen = {},
    options = {},
    cash = 100_000,
  }: {
    rows?: readonly OptionQuoteRow[];
    chosen?: ParameterValues;
    options?: OptionsSettingsInput;
    cash?: number;
  } = {},
): { result: SimulationResult; desk: SimulatedOptionsDesk } {
  const open = optionsDeskOpener(OptionsSettings.parse(options), rows);
  const desks: SimulatedOptionsDesk[] = [];
  const result = simulate(
    definition.build(valuesOf(definition, chosen)),
    { instruments: [series] },
    { initial_cash: cash, settings: BacktestSettings.parse({}), seed: 0 },
    {
      evaluatePlan: () => {
        throw new Error('these strategies have no plan');
      },
      openDesk: (data, settings) => {
        const desk = open(data, settings);
        desks.push(desk);
        return desk;
      },
    },
  );
  const [desk] = desks;
  if (desk === undefined) throw new Error('the simulator opened no desk');
  return { result, desk };
}
