import { EngineError } from '../engine-error.ts';
import type { MarketData } from '../market/market-data.ts';
import type { StrategyDefinition } from './strategy-definition.ts';

/** Refuses a market that lacks instruments. @throws EngineError `no_instruments` */
export function checkNeeds({ name, needs }: StrategyDefinition, { instruments }: MarketData): void {
  const needed = needs?.instruments ?? 1;
  if (instruments.length >= needed) return;
  const message = `${name} needs ${needed} instruments, and was given ${instruments.length}`;
  throw new EngineError('no_instruments', message, { needed });
}
