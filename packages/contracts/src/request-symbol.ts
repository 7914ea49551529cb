import { z } from 'zod';
import { SYMBOL } from './candles.ts';

/** A symbol as people write it, in any case. */
export const RequestSymbol = z
  .string()
  .toUpperCase()
  .regex(SYMBOL, 'must be 1 to 32 letters, digits and . _ : / -, such as GOOG or BTC/USDT');
