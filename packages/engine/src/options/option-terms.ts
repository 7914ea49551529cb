import { EngineError } from '../engine-error.ts';
import { log, log1p } from '../math/logarithm.ts';

export type OptionRight = 'call' | 'put';

/** What an option is worth money for, but its volatility. */
export interface OptionTerms {
  readonly right: OptionRight;
  /** Price of the underlying, above 0. */
  readonly spot: number;
  readonly strike: number;
  /** Time to expiry in years, from 0. */
  readonly years: number;
  /** Continuously compounded, a year: 0.05 is 5 %. */
  readonly rate: number;
  /** Continuous dividend yield, a year; for a currency the foreign rate. */
  readonly dividend_yield: number;
}

/**
 * @throws EngineError `invalid_option` where a number is none or a price is not above 0
 */
export function checkOptionTerms({ right, spot, strike, years, rate, dividend_yield }: OptionTerms): void {
  if (right !== 'call' && right !== 'put') refuse('right', right, 'call or put');
  if (!(spot > 0 && spot < Infinity)) refuse('spot', spot, 'finite and above 0');
  if (!(strike > 0 && strike < Infinity)) refuse('strike', strike, 'finite and above 0');
  if (!(years >= 0 && years < 1000)) refuse('years', years, 'from 0 to below 1000');
  if (!(Math.abs(rate) <= 10)) refuse('rate', rate, 'a share a year, from -10 to 10');
  if (!(Math.abs(dividend_yield) <= 10)) refuse('dividend_yield', dividend_yield, 'a share a year, from -10 to 10');
}

/**
 * @throws EngineError `invalid_option` where it is not a volatility
 */
export function checkVolatility(volatility: number): void {
  if (!(volatility >= 0 && volatility < 1000)) refuse('volatility', volatility, 'a share a year, from 0 to below 1000');
}

/** ln(F / K) of the forward F = S exp((r - q) T), with all digits where spot and strike are close. */
export function logMoneyness({ spot, strike, years, rate, dividend_yield }: OptionTerms): number {
  const ratio = spot / strike;
  // The difference of two numbers within a factor of 2 is exact.
  const logRatio = ratio > 0.5 && ratio < 2 ? log1p((spot - strike) / strike) : log(ratio);
  return logRatio + (rate - dividend_yield) * years;
}

function refuse(field: string, value: number | string, right: string): never {
  throw new EngineError('invalid_option', `${field} is ${value}; it must be ${right}`, { field, value });
}
