import type { SyntaxNode } from './syntax-tree.ts';

/** Throws `SyntaxError` with the furthest place at which nothing of the grammar went on. */
export function parse(text: string): SyntaxNode;

declare class GrammarError extends Error {
  readonly location: { readonly start: { readonly offset: number } };
}

export { GrammarError as SyntaxError };
