import type { OptionQuoteRow } from '@tradebase/engine';
import { UsageError } from '../command-line/parse-command-line.ts';
import { type CsvRow, csvRows, parseInstant } from './csv-rows.ts';
import { readTextFile } from './read-text-file.ts';

const PRICES = ['bid_open', 'ask_open', 'bid_close', 'ask_close'] as const;
const COLUMNS = ['date', 'expiry', 'right', 'strike', ...PRICES];

/**
 * Daily quotes of options from a CSV file, `.csv` or `.csv.gz`, with the columns `date,expiry,right,strike,bid_open,ask_open,
 * bid_close,ask_close` among others: a row a contract and day. An empty price means that nobody was quoting.
 *
 * @throws UsageError about the first thing that is wrong, with its line
 */
export function readOptionQuotes(path: string): OptionQuoteRow[] {
  return Array.from(csvRows(path, readTextFile(path), COLUMNS), (row) => quoteOf(path, row));
}

function quoteOf(path: string, { line, cell }: CsvRow): OptionQuoteRow {
  const fail = (name: string, wanted: string): never => {
    throw new UsageError(`${path}:${line}: ${name} is ${JSON.stringify(cell(name))}; it must be ${wanted}`);
  };
  const dateOf = (name: string): number => {
    const time = parseInstant(cell(name));
    return Number.isNaN(time) ? fail(name, 'a date: 2014-06-06') : time;
  };
  const priceOf = (name: string): number => {
    const number = cell(name) === '' ? NaN : Number(cell(name));
    return cell(name) === '' || Number.isFinite(number) ? number : fail(name, 'a number, or empty');
  };
  const right = cell('right');
  if (right !== 'call' && right !== 'put') return fail('right', 'call or put');
  return {
    date: dateOf('date'),
    expiry: dateOf('expiry'),
    right,
    strike: Number(cell('strike')),
    bid_open: priceOf('bid_open'),
    ask_open: priceOf('ask_open'),
    bid_close: priceOf('bid_close'),
    ask_close: priceOf('ask_close'),
  };
}
