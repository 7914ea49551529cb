import type { ParameterValues } from '@tradebase/contracts';

/** Parameters that a search wants to see tried. */
export interface Proposal {
  /** From 1, in the order of asking. */
  readonly number: number;
  readonly values: ParameterValues;
}

/**
 * Decides what to try next. What it proposes depends on the space, the seed, and what it was told before each `ask`, and
 * on nothing else: to resume a search, make the searcher anew, ask in the same portions, and tell it what was recorded.
 */
export interface Searcher {
  /** Up to `count` proposals that were not made before; fewer once the space or the plan is used up. */
  ask(count: number): Proposal[];
  /** How a proposal did: larger is better; null where it failed, was refused by the strategy, or has no value. */
  tell(number: number, value: number | null): void;
}
