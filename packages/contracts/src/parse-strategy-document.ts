import type { LineCounter, Document as YamlDocument } from 'yaml';
import { offsetInSource } from './offset-in-source.ts';
import { nearestNode, placeInDocument } from './place-in-document.ts';
import { readYaml } from './read-yaml.ts';
import { MAX_STRATEGY_BYTES } from './rule-strategy-spec.ts';
import type { StrategyIssue } from './strategy-issue.ts';
import { StrategySpec } from './strategy-spec.ts';

/** What a text says, or everything that is wrong with it. */
export type ParsedStrategyDocument =
  | {
      readonly success: true;
      readonly spec: StrategySpec;
      /** An issue of a field, with the line and column of its expression, as one of the document. */
      locate(issue: StrategyIssue): StrategyIssue;
    }
  | { readonly success: false; readonly issues: readonly StrategyIssue[] };

/**
 * Reads a strategy from YAML 1.2 or JSON text of at most 64 KiB. Refused besides errors of YAML: aliases and anchors,
 * tags, directives, duplicate keys, several documents.
 */
export function parseStrategyDocument(text: string): ParsedStrategyDocument {
  // Lengths in UTF-16 units never exceed those in bytes: a long text is refused before anything reads it.
  if (text.length > MAX_STRATEGY_BYTES || new TextEncoder().encode(text).length > MAX_STRATEGY_BYTES) {
    return refuse([{ path: '', message: `the document is larger than ${MAX_STRATEGY_BYTES} bytes` }]);
  }
  const read = readYaml(text);
  if (!read.success) return refuse(read.issues);
  const { document, lines, value } = read;
  const parsed = StrategySpec.safeParse(value);
  if (!parsed.success) {
    return refuse(
      parsed.error.issues.map(({ path, message }) => {
        const keys = path.map(String);
        return { path: keys.join('.'), message, ...placeInDocument(document, lines, keys) };
      }),
    );
  }
  return { success: true, spec: parsed.data, locate: (issue) => locateIssue(issue, text, document, lines) };
}

function refuse(issues: readonly StrategyIssue[]): ParsedStrategyDocument {
  return { success: false, issues };
}

function locateIssue(issue: StrategyIssue, text: string, document: YamlDocument, lines: LineCounter): StrategyIssue {
  const keys = issue.path === '' ? [] : issue.path.split('.');
  const node = nearestNode(document, keys);
  const { line, column } = issue;
  if (line === undefined || column === undefined || !node)
    return { ...issue, ...placeInDocument(document, lines, keys) };
  const { line: documentLine, col } = lines.linePos(offsetInSource(text, node, { line, column }));
  return { ...issue, line: documentLine, column: col };
}
