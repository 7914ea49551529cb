// Generated from the files of this folder by "npm run generate": do not edit.
import type { StrategyDefinition } from '../strategy-definition.ts';
import { macdRsi } from './macd-rsi.ts';
import { smaCross } from './sma-cross.ts';

/** The strategies that the engine has. */
export const BUILT_IN_STRATEGIES: readonly StrategyDefinition[] = [macdRsi, smaCross];
