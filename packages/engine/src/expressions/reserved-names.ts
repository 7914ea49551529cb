import type { CandleColumn } from '@tradebase/contracts';

/** Columns of candles that an expression can name. */
export const SERIES = ['open', 'high', 'low', 'close', 'volume'] as const satisfies readonly CandleColumn[];

/** Averages of prices of one bar, by the columns they are means of. */
export const PRICE_MEANS: Readonly<Record<string, readonly (typeof SERIES)[number][]>> = {
  hl2: ['high', 'low'],
  hlc3: ['high', 'low', 'close'],
  ohlc4: ['open', 'high', 'low', 'close'],
};

/** The extra column that models write. */
export const PREDICTION = 'prediction';

/** Names that have a meaning in every expression: no parameter or indicator of a strategy may be called so. */
export const RESERVED_NAMES: readonly string[] = [
  ...SERIES,
  ...Object.keys(PRICE_MEANS),
  PREDICTION,
  'true',
  'false',
  'and',
  'or',
  'not',
];

/** What people look for in expressions that only sees the market. */
export const ACCOUNT_NAMES: readonly string[] = [
  'position',
  'cash',
  'equity',
  'balance',
  'pnl',
  'profit',
  'entry_price',
  'bars_since_entry',
  'open_trades',
];
