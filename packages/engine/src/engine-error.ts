/** Why the engine refused its input. */
export type EngineErrorCode =
  | 'column_length_mismatch'
  | 'data_gaps'
  | 'duplicate_instrument'
  | 'empty_candles'
  | 'equity_overflow'
  | 'invalid_cash'
  | 'invalid_chunk'
  | 'invalid_expression'
  | 'invalid_option'
  | 'invalid_option_quotes'
  | 'invalid_params'
  | 'invalid_price'
  | 'invalid_range'
  | 'invalid_search_space'
  | 'invalid_settings'
  | 'invalid_study'
  | 'invalid_time_zone'
  | 'invalid_timeframe'
  | 'invalid_ts'
  | 'invalid_volume'
  | 'invalid_walk_forward'
  | 'mixed_timeframes'
  | 'no_instruments'
  | 'non_ascending_ts'
  | 'not_compiled'
  | 'out_of_memory'
  | 'unknown_column'
  | 'unknown_instrument'
  | 'unknown_strategy';

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
