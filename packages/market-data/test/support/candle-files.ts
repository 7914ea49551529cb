import { existsSync } from 'node:fs';
import { join } from 'node:path';

const DIR = join(import.meta.dirname, '..', '..', '..', '..', '..', 'shared', 'data', 'candles');

/** Real candles, as listed in the data's README. */
export const CANDLE_FILES = [
  {
    file: 'GOOG_1d.csv',
    timeframe: '1d',
    rows: 2148,
    first: '2004-08-19T00:00:00.000Z',
    last: '2013-03-01T00:00:00.000Z',
  },
  {
    file: 'EURUSD_1h.csv',
    timeframe: '1h',
    rows: 5000,
    first: '2017-04-19T09:00:00.000Z',
    last: '2018-02-07T15:00:00.000Z',
  },
  {
    file: 'BTCUSD_1mo.csv',
    timeframe: '1mo',
    rows: 156,
    first: '2012-01-01T00:00:00.000Z',
    last: '2024-12-01T00:00:00.000Z',
  },
  {
    file: 'SPY_1d.csv',
    timeframe: '1d',
    rows: 5849,
    first: '1998-01-02T05:00:00.000Z',
    last: '2021-03-31T04:00:00.000Z',
  },
  {
    file: 'SPY_1h.csv',
    timeframe: '1h',
    rows: 40832,
    first: '1998-01-02T14:00:00.000Z',
    last: '2021-03-31T19:00:00.000Z',
  },
  {
    file: 'AAPL_1d_2014.csv',
    timeframe: '1d',
    rows: 400,
    first: '2013-06-03T04:00:00.000Z',
    last: '2014-12-31T05:00:00.000Z',
  },
  {
    file: 'BTCUSD_1d.csv',
    timeframe: '1d',
    rows: 1318,
    first: '2014-12-01T00:00:00.000Z',
    last: '2018-08-13T00:00:00.000Z',
  },
  {
    file: 'EURUSD_1d.csv',
    timeframe: '1d',
    rows: 3738,
    first: '2007-01-01T00:00:00.000Z',
    last: '2018-12-31T00:00:00.000Z',
  },
  {
    file: 'UNITTESTBTC_1m.csv',
    timeframe: '1m',
    rows: 13681,
    first: '2017-11-04T23:02:00.000Z',
    last: '2017-11-14T22:59:00.000Z',
  },
  {
    file: 'ETHBTC_5m.csv',
    timeframe: '5m',
    rows: 5760,
    first: '2018-01-10T04:55:00.000Z',
    last: '2018-01-30T04:50:00.000Z',
  },
] as const;

export const HAVE_CANDLE_FILES = existsSync(DIR);
if (!HAVE_CANDLE_FILES) console.warn(`no real candles at ${DIR}: their tests are skipped`);

export function candleFile(name: string): string {
  return join(DIR, name);
}
