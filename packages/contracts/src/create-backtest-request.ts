import { z } from 'zod';
import { checkRequestCosts, REQUEST_COSTS } from './request-costs.ts';
import { checkRequestRange, REQUEST_RANGE } from './request-range.ts';
import { checkRequestStrategy, REQUEST_STRATEGY } from './request-strategy.ts';
import { RequestSymbol } from './request-symbol.ts';
import { storableText } from './storable-text.ts';
import { TIMEFRAMES, Timeframe } from './timeframe.ts';

/** Most instruments of one backtest, whatever an operator allows. */
const MAX_SYMBOLS = 1000;

/** Body of POST /api/backtests. */
export const CreateBacktestRequest = z
  .strictObject({
    symbol: RequestSymbol.optional(),
    symbols: z
      .array(RequestSymbol)
      .min(1)
      .max(MAX_SYMBOLS)
      .optional()
      .describe('In place of symbol: a portfolio; the first is the main one'),
    timeframe: Timeframe,
    finer_timeframe: Timeframe.optional().describe('Shorter bars that say what came first within a bar'),
    ...REQUEST_STRATEGY,
    ...REQUEST_RANGE,
    ...REQUEST_COSTS,
    name: storableText(100).min(1).optional().describe('For people'),
    note: storableText(2000).optional().describe('What to remember of it'),
  })
  .superRefine((request, context) => {
    checkRequestStrategy(request, context);
    checkRequestRange(request, context);
    checkRequestCosts(request, context);
    const { symbol, symbols, timeframe, finer_timeframe } = request;
    if ((symbol === undefined) === (symbols === undefined)) {
      context.addIssue({ code: 'custom', path: ['symbol'], message: 'give either symbol or symbols' });
    }
    if (symbols && new Set(symbols).size < symbols.length) {
      context.addIssue({ code: 'custom', path: ['symbols'], message: 'must name each symbol once' });
    }
    if (finer_timeframe && TIMEFRAMES.indexOf(finer_timeframe) >= TIMEFRAMES.indexOf(timeframe)) {
      context.addIssue({ code: 'custom', path: ['finer_timeframe'], message: `must be shorter than ${timeframe}` });
    }
  });
export type CreateBacktestRequest = z.infer<typeof CreateBacktestRequest>;
