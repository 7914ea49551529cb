import {
  isAlias,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
  type YAMLMap,
  type Document as YamlDocument,
} from 'yaml';
import type { StrategyIssue } from './strategy-issue.ts';

/** Deepest nesting of lists and maps in a document; a strategy needs five. */
const MAX_DEPTH = 20;
const TOO_DEEP = `is nested deeper than ${MAX_DEPTH} levels`;

interface Finding {
  readonly offset: number;
  readonly message: string;
}

export type ReadYaml =
  | { readonly success: true; readonly document: YamlDocument; readonly lines: LineCounter; readonly value: unknown }
  | { readonly success: false; readonly issues: readonly StrategyIssue[] };

/** Reads one document of plain YAML 1.2: no aliases, anchors, tags or directives, which plain data has no use for. */
export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const issueAt = (offset: number, message: string): StrategyIssue => {
    const { line, col } = lines.linePos(offset);
    return { path: '', message, line, column: col };
  };
  const refuse = (offset: number, message: string): ReadYaml => ({
    success: false,
    issues: [issueAt(offset, message)],
  });

  const documents = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    prettyErrors: false,
    stringKeys: true,
    // Checked below: the library compares every key with every other.
    uniqueKeys: false,
    lineCounter: lines,
  });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (!document) return refuse(0, 'the document is empty');
  const { errors } = document;
  const [error] = errors;
  // What follows the first error often follows from it.
  if (error) return refuse(error.pos[0], error.message.includes('call stack') ? TOO_DEEP : error.message);
  if (second) return refuse(second.range[0], 'holds several documents; it must be one');
  if (document.directives?.yaml.explicit || text.startsWith('%')) return refuse(0, 'YAML directives are not allowed');

  const exotic = findExotic(document);
  if (exotic) return refuse(exotic.offset, exotic.message);
  return { success: true, document, lines, value: document.toJS({ maxAliasCount: 0 }) };
}

/** The first thing in a document that plain data has no need of. */
function findExotic(document: YamlDocument): Finding | undefined {
  let found: Finding | undefined;
  visit(document, {
    Node(_key, node, ancestors) {
      const message = ancestors.filter(isNode).length > MAX_DEPTH ? TOO_DEEP : exoticOf(node);
      if (message === undefined) return undefined;
      found = { offset: node.range?.[0] ?? 0, message };
      return visit.BREAK;
    },
    Map(_key, map) {
      found ??= findDuplicate(map);
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}

function exoticOf(node: Node): string | undefined {
  if (isAlias(node)) return `aliases such as *${node.source} are not allowed`;
  if (node.anchor !== undefined) return `anchors such as &${node.anchor} are not allowed`;
  return node.tag === undefined ? undefined : `tags such as ${node.tag} are not allowed`;
}

function findDuplicate(map: YAMLMap): Finding | undefined {
  const seen = new Set<unknown>();
  for (const { key } of map.items) {
    const name = isScalar(key) ? key.value : key;
    if (seen.has(name)) {
      const offset = (isNode(key) ? key.range?.[0] : undefined) ?? 0;
      return { offset, message: `the key ${JSON.stringify(name)} is there twice` };
    }
    seen.add(name);
  }
  return undefined;
}
