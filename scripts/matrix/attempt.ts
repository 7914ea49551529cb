import type { Case } from './findings.ts';

/** A case, and how it is tried: resolves with the problem, or undefined when all is as expected. */
export interface Attempt extends Case {
  readonly run: () => Promise<string | undefined>;
}
