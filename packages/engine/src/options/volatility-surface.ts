import { EngineError } from '../engine-error.ts';
import { exp } from '../math/exponential.ts';
import { log } from '../math/logarithm.ts';
import type { OptionQuote } from '../trading/options-desk.ts';
import { impliedForward, type ParityPair } from './implied-forward.ts';
import { impliedVolatility } from './implied-volatility.ts';
import { MonotoneCubic } from './monotone-cubic.ts';

const YEAR_MS = 365 * 86_400_000;

/** Implied volatilities of one expiry. */
export interface VolatilitySmile {
  readonly expiry: number;
  readonly years: number;
  /** That parity implies. */
  readonly forward: number;
  /** ln(strike / forward), ascending, and the volatility there: puts below the forward, calls above. */
  readonly log_moneyness: readonly number[];
  readonly volatility: readonly number[];
  /** Strikes that were quoted and left out, for want of a bid or of a volatility. */
  readonly left_out: number;
  readonly curve: MonotoneCubic;
}

/** Volatility by strike and expiry, made from the quotes of one moment. */
export interface VolatilitySurface {
  readonly now: number;
  readonly spot: number;
  readonly rate: number;
  /** Nearest expiry first, at least one. */
  readonly smiles: readonly VolatilitySmile[];
}

/**
 * A surface from the quotes of a chain. For each expiry with a pair of call and put: the forward by parity, then the implied
 * volatility of the middle of every option that is out of the money and has a bid. Quotes of American options are read as
 * European ones: out of the money early exercise is worth little.
 *
 * @param now time of the quotes, in milliseconds since the Unix epoch; expired contracts are passed over
 * @param rate continuously compounded, a year
 * @throws EngineError `invalid_option_quotes` where no expiry has a volatility
 */
export function buildVolatilitySurface(
  quotes: readonly OptionQuote[],
  { now, spot, rate }: { readonly now: number; readonly spot: number; readonly rate: number },
): VolatilitySurface {
  if (!(spot > 0 && spot < Infinity && Number.isFinite(now) && Number.isFinite(rate))) {
    throw new EngineError(
      'invalid_option',
      `now is ${now}, spot ${spot} and rate ${rate}; all must be finite, the spot above 0`,
    );
  }
  const byExpiry = Map.groupBy(quotes, ({ contract }) => contract.expiry);
  const smiles = [...byExpiry.keys()]
    .filter((expiry) => expiry > now)
    .sort((a, b) => a - b)
    .map((expiry) => buildSmile(byExpiry.get(expiry) ?? [], expiry, now, rate))
    .filter((smile) => smile !== null);
  if (smiles.length > 0) return { now, spot, rate, smiles };
  const message = `none of ${byExpiry.size} expiries has a call and a put with bids at one strike; a surface needs one`;
  throw new EngineError('invalid_option_quotes', message, { expiries: byExpiry.size });
}

/**
 * Volatility of a strike and expiry: along an expiry a monotone cubic in ln(strike / forward), flat beyond the quotes;
 * between expiries linear in total variance at one ln(strike / forward), before the first and after the last the volatility
 * of that one.
 *
 * @throws EngineError `invalid_option` for a strike not above 0 or an expiry not after the quotes
 */
export function volatilityAt(surface: VolatilitySurface, strike: number, expiry: number): number {
  if (!(strike > 0 && strike < Infinity && expiry > surface.now && expiry < Infinity)) {
    const message = `strike is ${strike} and expiry ${expiry}; they must be above 0 and ${surface.now}`;
    throw new EngineError('invalid_option', message, { strike, expiry });
  }
  const k = log(strike / forwardAt(surface, expiry));
  const [before, after] = smilesAround(surface, expiry);
  if (before === after) return before.curve.at(k);
  const weight = (expiry - before.expiry) / (after.expiry - before.expiry);
  const variance = (1 - weight) * totalVariance(before, k) + weight * totalVariance(after, k);
  return Math.sqrt(variance / ((expiry - surface.now) / YEAR_MS));
}

/** Forward price at an expiry: its growth a year is linear between expiries and flat beyond them. */
export function forwardAt({ spot, smiles, now }: VolatilitySurface, expiry: number): number {
  const growth = ({ forward, years }: VolatilitySmile) => log(forward / spot) / years;
  const [before, after] = smilesAround({ smiles }, expiry);
  const weight = before === after ? 0 : (expiry - before.expiry) / (after.expiry - before.expiry);
  const years = (expiry - now) / YEAR_MS;
  return spot * exp(years * ((1 - weight) * growth(before) + weight * growth(after)));
}

/** sigma^2 T of a smile. */
export function totalVariance({ curve, years }: VolatilitySmile, k: number): number {
  const volatility = curve.at(k);
  return volatility * volatility * years;
}

/** The smiles on both sides of an expiry; twice the same where it is one of theirs or beyond them. */
function smilesAround(
  { smiles }: Pick<VolatilitySurface, 'smiles'>,
  expiry: number,
): [before: VolatilitySmile, after: VolatilitySmile] {
  const after = smiles.find((smile) => smile.expiry >= expiry) ?? smiles.at(-1);
  const before = smiles.findLast((smile) => smile.expiry <= expiry) ?? smiles[0];
  if (before === undefined || after === undefined)
    throw new EngineError('invalid_option_quotes', 'the surface has no smiles');
  return [before, after];
}

function buildSmile(quotes: readonly OptionQuote[], expiry: number, now: number, rate: number): VolatilitySmile | null {
  const years = (expiry - now) / YEAR_MS;
  const strikes = [...Map.groupBy(quotes, ({ contract }) => contract.strike)]
    .sort(([a], [b]) => a - b)
    .map(([strike, ofStrike]) => ({
      strike,
      call: ofStrike.find(({ contract, bid, ask }) => contract.right === 'call' && bid > 0 && ask >= bid),
      put: ofStrike.find(({ contract, bid, ask }) => contract.right === 'put' && bid > 0 && ask >= bid),
    }));
  const pairs: ParityPair[] = strikes.flatMap(({ strike, call, put }) =>
    call === undefined || put === undefined ? [] : [{ strike, call: call.mid, put: put.mid }],
  );
  const forward = impliedForward(pairs, exp(-rate * years));
  if (forward === null) return null;
  const [log_moneyness, volatility]: [number[], number[]] = [[], []];
  for (const { strike, call, put } of strikes) {
    const right = strike >= forward ? 'call' : 'put';
    const quote = right === 'call' ? call : put;
    if (quote === undefined) continue;
    // The forward as underlying that yields the rate: Black's formula.
    const terms = { right, spot: forward, strike, years, rate, dividend_yield: rate } as const;
    const implied = impliedVolatility(terms, quote.mid).volatility;
    if (implied === null) continue;
    log_moneyness.push(log(strike / forward));
    volatility.push(implied);
  }
  if (volatility.length === 0) return null;
  const curve = new MonotoneCubic(log_moneyness, volatility);
  const left_out = strikes.length - volatility.length;
  return { expiry, years, forward, log_moneyness, volatility, left_out, curve };
}
