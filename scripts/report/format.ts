import { type Timeframe, timeframeLengthMs } from '@tradebase/contracts';

const DAY_MS = 86_400_000;
const MAX_DECIMALS = 8;
/** From here on, digits say less than the exponent does. */
const EXPONENT_FROM = 1e15;

export interface NumberStyle {
  readonly decimals: number;
  /** Writes a plus before what is above zero. */
  readonly signed?: boolean;
}

const formatters = new Map<string, Intl.NumberFormat>();

/** A number with thousands separators and a fixed count of decimals; what rounds to zero has no sign. */
export function formatNumber(value: number, { decimals, signed = false }: NumberStyle): string {
  if (Math.abs(value) >= EXPONENT_FROM) return `${signed && value > 0 ? '+' : ''}${value.toExponential(4)}`;
  const key = `${decimals}${signed}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    const signDisplay = signed ? 'exceptZero' : 'negative';
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    formatter = new Intl.NumberFormat('en-US', { ...digits, signDisplay });
    formatters.set(key, formatter);
  }
  return formatter.format(value);
}

/** A percentage with two decimals, none from 10,000 on: 12.5 is "12.50%". */
export function formatPercent(value: number, { signed = false }: { signed?: boolean } = {}): string {
  return `${formatNumber(value, { decimals: Math.abs(value) < 10_000 ? 2 : 0, signed })}%`;
}

/** Decimals for all amounts of a backtest: 2, and more where the initial cash is small, as it is in bitcoin. */
export function moneyDecimals(initialCash: number): number {
  if (initialCash >= 100 || initialCash <= 0) return 2;
  return Math.min(MAX_DECIMALS, 2 + Math.ceil(Math.log10(100 / initialCash)));
}

/**
 * Decimals for a column of prices or quantities: as many as its values have, within the given significant digits of the
 * largest.
 */
export function columnDecimals(values: readonly number[], { significant }: { significant: number }): number {
  let largest = 0;
  let written = 0;
  for (const value of values) {
    largest = Math.max(largest, Math.abs(value));
    written = Math.max(written, String(value).split('.')[1]?.length ?? 0);
  }
  const wholeDigits = largest > 0 ? Math.floor(Math.log10(largest)) + 1 : 1;
  const room = Math.min(MAX_DECIMALS, Math.max(2, significant - wholeDigits));
  return Math.min(room, Math.max(2, written));
}

/** A bar's open time in UTC: the date alone for bars of a day or longer, to the minute for shorter ones. */
export function formatBarTime(at: string | number, timeframe: Timeframe): string {
  const iso = new Date(at).toISOString();
  const date = iso.slice(0, 10);
  return timeframeLengthMs(timeframe) >= DAY_MS ? date : `${date} ${iso.slice(11, 16)}`;
}

/** Parameters of a strategy in the order of its specification: "fast 10, slow 30". */
export function formatParams({ params = {} }: { params?: Readonly<Record<string, unknown>> }): string {
  return Object.entries(params)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)
    .join(', ');
}
