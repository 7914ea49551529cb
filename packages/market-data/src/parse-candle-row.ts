import { CANDLE_COLUMNS } from '@tradebase/contracts';
import { CandleImportError } from './candle-import-error.ts';
import { FIRST_YEAR, LAST_YEAR } from './candle-time.ts';
import { parseTimestamp } from './parse-timestamp.ts';

/** One bar, with `ts` in milliseconds since the Unix epoch. */
export interface CandleRow {
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads one row of a candle file and says what is wrong with it: the careful half of the parser, for rows that
 * `scanCandleRow` would not take.
 *
 * @param text the row without its end of line
 * @param line its number in the file, for complaints
 * @param previousTs time of the row before
 * @throws CandleImportError `bad_row`, `bad_timestamp`, `bad_number`, `bad_price`, `bad_volume`, `unsorted_candles`,
 * `duplicate_candle`
 */
export function parseCandleRow(text: string, line: number, previousTs: number): CandleRow {
  const fields = text.split(',');
  if (fields.length !== CANDLE_COLUMNS.length) {
    const found = text === '' ? 'an empty line' : `${fields.length} column${fields.length === 1 ? '' : 's'}`;
    throw new CandleImportError('bad_row', `${found}; a row has 6: ${CANDLE_COLUMNS.join(',')}`, { line });
  }
  const [time = '', open, high, low, close, volume] = fields;
  const candle = {
    ts: parseTime(time, line),
    open: parseNumber('open', open, line),
    high: parseNumber('high', high, line),
    low: parseNumber('low', low, line),
    close: parseNumber('close', close, line),
    volume: parseNumber('volume', volume, line),
  };
  checkPrices(candle, line);
  checkOrder(candle.ts, previousTs, line);
  return candle;
}

/** What a file holds, shortened for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

function parseTime(text: string, line: number): number {
  const ts = parseTimestamp(text);
  if (!Number.isNaN(ts)) return ts;
  throw new CandleImportError(
    'bad_timestamp',
    `ts is ${quote(text)}; write a UTC time such as 2024-01-31T09:30:00Z (or epoch seconds or milliseconds), from ${FIRST_YEAR} to ${LAST_YEAR}`,
    { line, column: 'ts' },
  );
}

function parseNumber(column: string, text = '', line: number): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new CandleImportError('bad_number', `${column} is ${quote(text)}; write a finite decimal such as 101.25`, {
    line,
    column,
  });
}

function checkPrices({ open, high, low, close, volume }: CandleRow, line: number): void {
  const bad = (column: string, message: string): never => {
    throw new CandleImportError('bad_price', message, { line, column });
  };
  if (!(low > 0)) bad('low', `low is ${low}; prices are above 0`);
  if (open < low) bad('open', `open ${open} is below low ${low}; low is the lowest price of the bar`);
  if (close < low) bad('close', `close ${close} is below low ${low}; low is the lowest price of the bar`);
  if (open > high) bad('open', `open ${open} is above high ${high}; high is the highest price of the bar`);
  if (close > high) bad('close', `close ${close} is above high ${high}; high is the highest price of the bar`);
  if (volume < 0) {
    const column = 'volume';
    throw new CandleImportError('bad_volume', `volume is ${volume}; write 0 or more`, { line, column });
  }
}

function checkOrder(ts: number, previousTs: number, line: number): void {
  if (ts > previousTs) return;
  const time = new Date(ts).toISOString();
  if (ts === previousTs) {
    throw new CandleImportError('duplicate_candle', `a second bar at ${time}; keep one bar for each time`, { line });
  }
  throw new CandleImportError(
    'unsorted_candles',
    `${time} comes after ${new Date(previousTs).toISOString()}; sort the rows by ts, oldest first`,
    { line },
  );
}
