import type { ParameterValue } from '@tradebase/contracts';
import type { PlanBuilder } from '../plan/plan-builder.ts';
import type { Frame, Term } from './term.ts';

/** What the names in an expression mean. */
export interface ExpressionScope {
  readonly builder: PlanBuilder;
  /** Values of the parameters. */
  readonly values: ReadonlyMap<string, ParameterValue>;
  /** Names of the strategy's own columns. */
  readonly columnNames: ReadonlySet<string>;
  /** A column of the strategy in a frame; undefined where it could not be computed, which is an issue of its own. */
  column(name: string, frame: Frame): Term | undefined;
}

/** Thrown where an expression uses a column that is itself in error: nothing to say that was not said there. */
export class BrokenColumn extends Error {
  override readonly name = 'BrokenColumn';
}
