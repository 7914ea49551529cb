import type { Strategy } from '@tradebase/engine';

/** The same strategy with a warm-up of at least so many bars: no order before, whatever its indicators say. */
export function tradeFrom(strategy: Strategy, bar: number): Strategy {
  if (strategy.kind === 'events') {
    return { ...strategy, warm_up_bars: Math.max(strategy.warm_up_bars, bar) };
  }
  const { program } = strategy;
  return { ...strategy, program: { ...program, warm_up_bars: Math.max(program.warm_up_bars, bar) } };
}

/** Bars before the first signal. */
export function warmUpOf(strategy: Strategy): number {
  return strategy.kind === 'events' ? strategy.warm_up_bars : strategy.program.warm_up_bars;
}
