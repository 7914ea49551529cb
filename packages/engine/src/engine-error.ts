/** Why the engine refused its input. */
export type EngineErrorCode =
  | 'empty_candles'
  | 'column_length_mismatch'
  | 'invalid_ts'
  | 'non_ascending_ts'
  | 'invalid_price'
  | 'invalid_cash'
  | 'invalid_fee'
  | 'invalid_chunk'
  | 'invalid_expression'
  | 'invalid_params'
  | 'invalid_search_space'
  | 'invalid_study'
  | 'invalid_walk_forward'
  | 'invalid_timeframe'
  | 'unknown_column'
  | 'unknown_instrument'
  | 'unknown_strategy'
  | 'equity_overflow';

export type EngineErrorDetails = Readonly<Record<string, string | number>>;

/** The only error the engine throws on purpose: the message says what was wrong and what would be right. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;
  readonly details: EngineErrorDetails;

  constructor(code: EngineErrorCode, message: string, details: EngineErrorDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
