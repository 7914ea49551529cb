/** Why candles could not be loaded. */
export type CandleLoadErrorCode = 'bad_request' | 'too_many_candles' | 'stale_coverage';

/** What loading candles throws on purpose; errors of the database come as they are. */
export class CandleLoadError extends Error {
  override readonly name = 'CandleLoadError';
  readonly code: CandleLoadErrorCode;

  constructor(code: CandleLoadErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
