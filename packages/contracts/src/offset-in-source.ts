import { isScalar, type Node, Scalar } from 'yaml';

/**
 * Where in the source of a document a place within a text value stands: an offset in UTF-16 units.
 *
 * However YAML folds, quotes and indents a text, it adds and removes white space alone (and escapes, in quotes), so the
 * n-th character that is not white space is the n-th in the source too.
 */
export function offsetInSource(source: string, node: Node, { line, column }: { line: number; column: number }): number {
  const [start = 0, end = source.length] = node.range ?? [];
  if (!isScalar(node) || typeof node.value !== 'string') return start;
  const value = node.value;
  const contentStart = firstContent(source, node, start);
  const wanted = inked(value.slice(0, offsetOf(value, line, column)));
  const written = source.slice(contentStart, end);
  if (inked(written) < inked(value)) return start;
  let seen = 0;
  for (let i = 0; i < written.length; i++) {
    if (isSpace(written[i])) continue;
    if (seen === wanted) return contentStart + i;
    seen++;
  }
  return end;
}

function firstContent(source: string, node: Scalar, start: number): number {
  switch (node.type) {
    case Scalar.QUOTE_SINGLE:
    case Scalar.QUOTE_DOUBLE:
      return start + 1;
    case Scalar.BLOCK_FOLDED:
    case Scalar.BLOCK_LITERAL:
      // The header, such as ">-", and perhaps a comment take up the rest of their line.
      return source.indexOf('\n', start) + 1;
    default:
      return start;
  }
}

function offsetOf(text: string, line: number, column: number): number {
  let offset = 0;
  for (let n = 1; n < line; n++) offset = text.indexOf('\n', offset) + 1;
  return offset + column - 1;
}

/** Count of UTF-16 units that are not white space. */
function inked(text: string): number {
  let count = 0;
  for (const unit of text.split('')) if (!isSpace(unit)) count++;
  return count;
}

function isSpace(unit: string | undefined): boolean {
  return unit === ' ' || unit === '\n' || unit === '\r' || unit === '\t';
}
