import {
  type ErrorDetail,
  parseStrategyDocument,
  type StrategyIssue,
  type StrategyParameters,
  StrategySpec,
} from '@tradebase/contracts';
import { ApiError } from '../../_shared/api-error.ts';
import { checkStrategy } from './check-strategy.ts';

/** A strategy that can run, or everything that is wrong with what was sent. */
export type ReadStrategy =
  | {
      readonly success: true;
      readonly spec: StrategySpec;
      readonly parameters: StrategyParameters;
      readonly warmUpBars: number;
    }
  | { readonly success: false; readonly issues: readonly StrategyIssue[] };

/** A strategy as a caller sends it: a specification, or its text. */
export interface SentStrategy {
  readonly spec?: unknown;
  readonly source?: string | undefined;
}

/** Reads a strategy and has the engine check it. Issues of a text carry its lines and columns. */
export async function readStrategy({ spec, source }: SentStrategy): Promise<ReadStrategy> {
  if (source !== undefined) {
    const document = parseStrategyDocument(source);
    if (!document.success) return document;
    const checked = await checkStrategy(document.spec);
    return checked.success
      ? { ...checked, spec: document.spec }
      : { success: false, issues: checked.issues.map((issue) => document.locate(issue)) };
  }
  const parsed = StrategySpec.safeParse(spec);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    return { success: false, issues };
  }
  const checked = await checkStrategy(parsed.data);
  return checked.success ? { ...checked, spec: parsed.data } : checked;
}

/** As `readStrategy`; throws `invalid_request` with the issues, whose paths begin with the field that holds the strategy. */
export async function requireStrategy(sent: SentStrategy, field: string): Promise<StrategySpec> {
  const strategy = await readStrategy(sent);
  if (strategy.success) return strategy.spec;
  throw new ApiError('invalid_request', { details: strategy.issues.map((issue) => toDetail(issue, field)) });
}

/** Throws `invalid_request` where the engine cannot run the strategy of a request: a worker would only find the same. */
export async function requireRunnable(spec: StrategySpec): Promise<void> {
  const checked = await checkStrategy(spec);
  if (checked.success) return;
  throw new ApiError('invalid_request', { details: checked.issues.map((issue) => toDetail(issue, 'strategy')) });
}

function toDetail({ path, message, line, column }: StrategyIssue, field: string): ErrorDetail {
  const place = line === undefined || column === undefined ? '' : `line ${line}, column ${column}: `;
  return { path: path === '' ? field : `${field}.${path}`, message: `${place}${message}` };
}
