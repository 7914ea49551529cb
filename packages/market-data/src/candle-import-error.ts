/** Why a file of candles was refused. */
export type CandleImportErrorCode =
  | 'bad_symbol'
  | 'bad_timeframe'
  | 'file_not_found'
  | 'file_unreadable'
  | 'file_too_large'
  | 'empty_file'
  | 'bad_header'
  | 'bad_row'
  | 'bad_timestamp'
  | 'bad_number'
  | 'bad_price'
  | 'bad_volume'
  | 'unsorted_candles'
  | 'duplicate_candle';

/** `line` counts from 1, the header's line; it is absent where the complaint is about the whole file. */
export type CandleImportErrorDetails = Readonly<{ line?: number } & Record<string, string | number>>;

/** What the import throws about its input: the message says where, what was wrong and what would be right. */
export class CandleImportError extends Error {
  override readonly name = 'CandleImportError';
  readonly code: CandleImportErrorCode;
  readonly details: CandleImportErrorDetails;

  constructor(code: CandleImportErrorCode, message: string, details: CandleImportErrorDetails = {}) {
    super(details.line === undefined ? message : `line ${details.line}: ${message}`);
    this.code = code;
    this.details = details;
  }
}
