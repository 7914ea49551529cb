import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { OptionQuoteRow } from '../../src/options/data-chain.ts';

/** Apple's option quotes of 6 and 9 June 2014, on both sides of a 7-for-1 split. */
export function readAppleQuotes(): OptionQuoteRow[] {
  const path = new URL('../../../../../shared/data/options/AAPL_2014_option_quotes_daily.csv.gz', import.meta.url);
  const [header = '', ...lines] = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  const columns = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    const cell = (name: string) => cells[columns.indexOf(name)] ?? '';
    const number = (name: string) => (cell(name) === '' ? NaN : Number(cell(name)));
    return {
      date: Date.parse(cell('date')),
      expiry: Date.parse(cell('expiry')),
      right: cell('right') === 'call' ? 'call' : 'put',
      strike: number('strike'),
      bid_open: number('bid_open'),
      ask_open: number('ask_open'),
      bid_close: number('bid_close'),
      ask_close: number('ask_close'),
    };
  });
}
