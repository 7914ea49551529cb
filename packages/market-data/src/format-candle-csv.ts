import { CANDLE_COLUMNS, type Candles } from '@tradebase/contracts';

const ROWS_IN_PIECE = 4096;

/**
 * Candles as the CSV text that the import reads, in pieces of some thousand rows: for `Readable.from` or a file. Numbers
 * are written so that they are read back bit for bit.
 */
export function* formatCandleCsv(candles: Candles): Generator<Buffer> {
  const { ts, open, high, low, close, volume } = candles;
  let text = `${CANDLE_COLUMNS.join(',')}\n`;
  for (let i = 0; i < ts.length; i++) {
    const time = new Date(ts[i] ?? 0).toISOString().replace('.000Z', 'Z');
    text += `${time},${open[i]},${high[i]},${low[i]},${close[i]},${volume[i]}\n`;
    if (i % ROWS_IN_PIECE === ROWS_IN_PIECE - 1) {
      yield Buffer.from(text);
      text = '';
    }
  }
  if (text !== '') yield Buffer.from(text);
}
