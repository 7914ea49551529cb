// Generated from the files of this folder by "npm run generate": do not edit.
import type { StrategyDefinition } from '../strategy-definition.ts';
import { bollingerMeanReversion } from './bollinger-mean-reversion.ts';
import { breakoutScalping } from './breakout-scalping.ts';
import { buyWrite } from './buy-write.ts';
import { condor } from './condor.ts';
import { dca } from './dca.ts';
import { gammaBurst } from './gamma-burst.ts';
import { grid } from './grid.ts';
import { macdRsi } from './macd-rsi.ts';
import { mlSignal } from './ml-signal.ts';
import { momentum } from './momentum.ts';
import { pairs } from './pairs.ts';
import { putLite } from './put-lite.ts';
import { rsiMeanReversion } from './rsi-mean-reversion.ts';
import { smaCross } from './sma-cross.ts';

/** The strategies that the engine has. */
export const BUILT_IN_STRATEGIES: readonly StrategyDefinition[] = [
  bollingerMeanReversion,
  breakoutScalping,
  buyWrite,
  condor,
  dca,
  gammaBurst,
  grid,
  macdRsi,
  mlSignal,
  momentum,
  pairs,
  putLite,
  rsiMeanReversion,
  smaCross,
];
