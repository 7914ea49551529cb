import { readFileSync } from 'node:fs';
import type { OptionTerms } from '../../src/options/option-terms.ts';

interface ReferenceValue {
  price: number;
  delta: number;
  gamma: number;
  vega: number;
  theta: number;
  rho: number;
  implied_vol_of_price: number | null;
  implied_vol_rel_error_per_half_ulp_of_price: number;
}

interface ReferenceTerms {
  S: number;
  K: number;
  T: number;
  r: number;
  q: number;
  sigma: number;
}

interface ReferenceFile {
  cases: (ReferenceTerms & { id: number; category: string; call: ReferenceValue; put: ReferenceValue })[];
  limits: (ReferenceTerms & { call_price: number; put_price: number })[];
}

/** Prices and Greeks in 60-digit arithmetic. */
export function readBlackScholesReference(): ReferenceFile {
  return JSON.parse(
    readFileSync(new URL('../../../../../shared/data/oracles/black_scholes_reference.json', import.meta.url), 'utf8'),
  );
}

export function termsOf({ S, K, T, r, q }: ReferenceTerms, right: 'call' | 'put'): OptionTerms {
  return { right, spot: S, strike: K, years: T, rate: r, dividend_yield: q };
}
