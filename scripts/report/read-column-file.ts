import { UsageError } from '../command-line/parse-command-line.ts';
import { csvRows, parseInstant } from './csv-rows.ts';
import { readTextFile } from './read-text-file.ts';

/**
 * A column beside candles from a CSV file `ts,value`: predictions of a model, for instance. NaN for candles without a row, and for
 * empty values.
 *
 * @param ts open times of the candles; rows before the first and after the last are passed over
 * @throws UsageError about the first thing that is wrong, with its line
 */
export function readColumnFile(path: string, ts: Float64Array): Float64Array {
  const column = new Float64Array(ts.length).fill(NaN);
  const last = ts.at(-1) ?? -Infinity;
  let candle = 0;
  let before = -Infinity;
  for (const { line, cell } of csvRows(path, readTextFile(path), ['ts', 'value'])) {
    const fail = (problem: string) => new UsageError(`${path}:${line}: ${problem}`);
    const time = parseInstant(cell('ts'));
    if (Number.isNaN(time)) throw fail(`ts is ${JSON.stringify(cell('ts'))}; it must be a time: 2024-01-31T16:00:00Z`);
    if (time <= before) throw fail(`ts ${cell('ts')} does not come after that of the row before`);
    before = time;
    const value = cell('value') === '' ? NaN : Number(cell('value'));
    if (cell('value') !== '' && !Number.isFinite(value)) throw fail(`value is ${cell('value')}; it must be a number`);
    if (time < (ts[0] ?? Infinity) || time > last) continue;
    while ((ts[candle] as number) < time) candle++;
    if (ts[candle] !== time) throw fail(`there is no candle at ${cell('ts')}; rows have the open times of candles`);
    column[candle] = value;
  }
  return column;
}
