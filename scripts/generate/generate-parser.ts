import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import peggy from 'peggy';

const GRAMMAR = join('packages', 'engine', 'src', 'expressions', 'grammar.peggy');

/** The parser of expressions, made of its grammar. */
export function generateParser(root: string): string {
  const source = peggy.generate(readFileSync(join(root, GRAMMAR), 'utf8'), { output: 'source', format: 'es' });
  const head = [
    '// @ts-self-types="./grammar.generated.d.ts"',
    '// Generated from grammar.peggy by "npm run generate": do not edit.',
  ];
  return `${head.join('\n')}\n${source}`;
}
