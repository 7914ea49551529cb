import { isNode, type LineCounter, type Document as YamlDocument } from 'yaml';

/** Line and column, from 1, of a field, or of the nearest thing around it that the document has. */
export function placeInDocument(document: YamlDocument, lines: LineCounter, keys: readonly string[]) {
  const offset = nearestNode(document, keys)?.range?.[0] ?? 0;
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** The node of a field, or of the nearest thing around it. */
export function nearestNode(document: YamlDocument, keys: readonly string[]) {
  for (let depth = keys.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(keys.slice(0, depth).map(asKey), true);
    if (isNode(node)) return node;
  }
  return undefined;
}

/** Members of lists are found by number. */
function asKey(key: string): string | number {
  return /^\d+$/.test(key) ? Number(key) : key;
}
