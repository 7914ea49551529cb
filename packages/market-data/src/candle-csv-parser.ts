import { CANDLE_COLUMNS } from '@tradebase/contracts';
import type { CandleBatch } from './candle-batch.ts';
import { CandleImportError } from './candle-import-error.ts';
import { parseCandleRow, quote } from './parse-candle-row.ts';
import { scanCandleRow } from './scan-candle-row.ts';

const LINE_FEED = 10;
const HEADER = CANDLE_COLUMNS.join(',');
const BYTE_ORDER_MARK = '\uFEFF';
/** Six numbers of 25 characters fit well; a longer line is no candle. */
const MAX_LINE_BYTES = 512;

/**
 * Reads a candle file that comes in pieces of any size into a batch. Rows go through `scanCandleRow`; a row it will not
 * take, and one that is cut by the end of a piece, is looked at as a line of text.
 */
export class CandleCsvParser {
  readonly #batch: CandleBatch;
  readonly #capacity: number;
  /** Beginning of a line whose end is still to come. */
  readonly #cut = Buffer.alloc(MAX_LINE_BYTES + 1);
  #cutLength = 0;
  #line = 1;
  #previousTs = Number.NEGATIVE_INFINITY;
  #rows = 0;
  #emptyLine = 0;

  /** @param batch what to fill; the caller empties it when it is full */
  constructor(batch: CandleBatch) {
    this.#batch = batch;
    this.#capacity = batch.columns.ts.length;
  }

  /**
   * Reads on until the piece is used up or the batch is full.
   *
   * @param start where to begin in the piece
   * @returns where it stopped
   * @throws CandleImportError about the first line that is wrong
   */
  parse(piece: Buffer, start: number): number {
    let at = this.#cutLength > 0 ? this.#completeCutLine(piece, start) : start;
    const lastLineFeed = piece.lastIndexOf(LINE_FEED);
    while (at <= lastLineFeed && this.#batch.count < this.#capacity) at = this.#readLine(piece, at);
    if (at > lastLineFeed && at < piece.length) {
      this.#keep(piece, at, piece.length);
      at = piece.length;
    }
    return at;
  }

  /**
   * Ends the file; its last line may lack the line feed. The batch must have room for one more row.
   *
   * @throws CandleImportError about the last line, or `empty_file`
   */
  finish(): void {
    if (this.#cutLength > 0) this.#takeText(this.#cut.toString('utf8', 0, this.#cutLength));
    this.#cutLength = 0;
    if (this.#rows > 0) return;
    const found = this.#line === 1 ? 'the file is empty' : 'the file has a header but no rows';
    throw new CandleImportError('empty_file', `${found}; write ${HEADER} and one row for each bar`);
  }

  #readLine(piece: Buffer, start: number): number {
    if (this.#line > 1 && this.#emptyLine === 0) {
      const batch = this.#batch;
      const end = scanCandleRow(piece, start, batch.columns, batch.count, this.#previousTs);
      if (end >= 0) {
        this.#previousTs = batch.columns.ts[batch.count] ?? 0;
        batch.count++;
        this.#rows++;
        this.#line++;
        return end;
      }
    }
    const lineFeed = piece.indexOf(LINE_FEED, start);
    this.#checkLength(lineFeed - start);
    this.#takeText(piece.toString('utf8', start, lineFeed));
    return lineFeed + 1;
  }

  #completeCutLine(piece: Buffer, start: number): number {
    const lineFeed = piece.indexOf(LINE_FEED, start);
    this.#keep(piece, start, lineFeed < 0 ? piece.length : lineFeed);
    if (lineFeed < 0) return piece.length;
    const text = this.#cut.toString('utf8', 0, this.#cutLength);
    this.#cutLength = 0;
    this.#takeText(text);
    return lineFeed + 1;
  }

  #keep(piece: Buffer, start: number, end: number): void {
    this.#checkLength(this.#cutLength + end - start);
    this.#cutLength += piece.copy(this.#cut, this.#cutLength, start, end);
  }

  #takeText(textWithReturn: string): void {
    const text = textWithReturn.endsWith('\r') ? textWithReturn.slice(0, -1) : textWithReturn;
    const line = this.#line++;
    if (line === 1) {
      checkHeader(text);
    } else if (text === '') {
      // Empty lines may only end a file, so this one is forgiven until a row follows.
      if (this.#emptyLine === 0) this.#emptyLine = line;
    } else if (this.#emptyLine > 0) {
      throw new CandleImportError('bad_row', 'an empty line between rows; remove it', { line: this.#emptyLine });
    } else {
      this.#addRow(text, line);
    }
  }

  #addRow(text: string, line: number): void {
    const candle = parseCandleRow(text, line, this.#previousTs);
    const { columns, count } = this.#batch;
    for (const column of CANDLE_COLUMNS) columns[column][count] = candle[column];
    this.#batch.count++;
    this.#rows++;
    this.#previousTs = candle.ts;
  }

  #checkLength(length: number): void {
    if (length <= MAX_LINE_BYTES) return;
    const limit = `a row has at most ${MAX_LINE_BYTES} bytes`;
    throw new CandleImportError('bad_row', `the line is longer; ${limit}: is this a CSV file?`, { line: this.#line });
  }
}

function checkHeader(text: string): void {
  const header = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  if (header === HEADER) return;
  throw new CandleImportError('bad_header', `the header is ${quote(header)}; write ${HEADER}`, { line: 1 });
}
