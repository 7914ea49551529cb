import { Document, isPair, isScalar, visit } from 'yaml';
import type { StrategySpec } from './strategy-spec.ts';

/** Characters of a map, as JSON, that are still read at a glance on one line. */
const MOST_ON_ONE_LINE = 100;
/** Fields whose members get a line each, however short. */
const ALWAYS_BLOCKS: readonly unknown[] = ['params', 'indicators', 'long', 'short'];

/** A strategy as YAML text: `parseStrategyDocument` gives the same strategy back. */
export function formatStrategyDocument(spec: StrategySpec): string {
  const document = new Document(spec, { version: '1.2', schema: 'core', aliasDuplicateObjects: false });
  visit(document, {
    Map(_key, map, path) {
      const pair = path.at(-1);
      const field = isPair(pair) && isScalar(pair.key) ? pair.key.value : undefined;
      if (field === undefined || ALWAYS_BLOCKS.includes(field)) return;
      const plain = map.items.every(({ value }) => isScalar(value));
      if (plain && JSON.stringify(map).length <= MOST_ON_ONE_LINE) map.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, singleQuote: true });
}
