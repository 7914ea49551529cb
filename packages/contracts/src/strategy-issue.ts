/** One thing wrong with a strategy. */
export interface StrategyIssue {
  /** Where in the specification, as a dotted path: `long.entry`. Empty for the whole. */
  readonly path: string;
  readonly message: string;
  /** Line and column, both from 1: within the text of the field, or of the document where there is one. */
  readonly line?: number;
  readonly column?: number;
}
