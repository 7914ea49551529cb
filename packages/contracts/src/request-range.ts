import type { z } from 'zod';
import { RequestInstant } from './request-instant.ts';

/** The fields of a request that say which candles are used. */
export const REQUEST_RANGE = {
  from: RequestInstant.optional().describe('First open time to use, inclusive; the first candle by default'),
  to: RequestInstant.optional().describe('Open time to stop before, exclusive; to the last candle by default'),
};

/** Refuses a range that ends before it begins. */
export function checkRequestRange(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (from && to && from >= to) {
    context.addIssue({ code: 'custom', path: ['from'], message: 'from must be before to' });
  }
}
