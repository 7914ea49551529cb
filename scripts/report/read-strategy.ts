import {
  type ParameterValue,
  parseStrategyDocument,
  type StrategyIssue,
  type StrategySpec,
  StrategySpec as StrategySpecSchema,
} from '@tradebase/contracts';
import { checkStrategySpec } from '@tradebase/engine';
import { UsageError } from '../command-line/parse-command-line.ts';
import { describeIssues, describeSchemaError } from './describe-issues.ts';
import { readTextFile } from './read-text-file.ts';

const DOCUMENT = /\.(ya?ml|json)$/i;

/**
 * A strategy by its built-in name or from a YAML or JSON file, with the values given on the command line over its own.
 *
 * @param params `NAME=VALUE`
 * @throws UsageError with everything that is wrong, in a file by line and column
 */
export function readStrategy(nameOrFile: string, params: readonly string[]): StrategySpec {
  const given = Object.fromEntries(params.map(readParam));
  return DOCUMENT.test(nameOrFile) ? strategyOfFile(nameOrFile, given) : builtInStrategy(nameOrFile, given);
}

type GivenValues = Record<string, ParameterValue>;

function strategyOfFile(path: string, given: GivenValues): StrategySpec {
  const document = parseStrategyDocument(readTextFile(path));
  if (!document.success) throw new UsageError(describeIssues(path, document.issues));
  refuse(path, checkStrategySpec(document.spec).map(document.locate));
  const spec = { ...document.spec, params: { ...document.spec.params, ...given } };
  refuse('--param', checkStrategySpec(spec));
  return spec;
}

function builtInStrategy(name: string, given: GivenValues): StrategySpec {
  const parsed = StrategySpecSchema.safeParse({ name, params: given });
  if (!parsed.success) throw new UsageError(`strategy ${name}: ${describeSchemaError(parsed.error)}`);
  refuse(`strategy ${name}`, checkStrategySpec(parsed.data));
  return parsed.data;
}

function refuse(source: string, issues: readonly StrategyIssue[]): void {
  if (issues.length > 0) throw new UsageError(describeIssues(source, issues));
}

/** `fast=5` as a pair; what reads as a number or a truth value is one. */
function readParam(text: string): [string, ParameterValue] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--param is ${text}; it must be NAME=VALUE, such as fast=5`);
  const value = text.slice(at + 1);
  if (value === 'true' || value === 'false') return [text.slice(0, at), value === 'true'];
  return [text.slice(0, at), value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value];
}
