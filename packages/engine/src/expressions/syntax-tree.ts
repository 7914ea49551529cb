import type { BinaryOperator } from '../plan/plan.ts';

/** An expression as it is written. `at` is an offset in its text, in UTF-16 units: where an error about it points. */
export type SyntaxNode =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'name'; readonly name: string; readonly at: number }
  | {
      readonly kind: 'unary';
      readonly operator: 'negate' | 'not';
      readonly operand: SyntaxNode;
      readonly at: number;
    }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: SyntaxNode;
      readonly right: SyntaxNode;
      readonly at: number;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly SyntaxNode[]; readonly at: number }
  /** `operand[bars]`: the value of so many bars ago. */
  | { readonly kind: 'previous'; readonly operand: SyntaxNode; readonly bars: SyntaxNode; readonly at: number }
  /** `operand.output`: one of several outputs of an indicator. */
  | { readonly kind: 'output'; readonly operand: SyntaxNode; readonly output: string; readonly at: number };

/** Names that an expression reads, but for those of functions. */
export function namesIn(root: SyntaxNode): Set<string> {
  const names = new Set<string>();
  const waiting = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.kind === 'name') names.add(node.name);
    waiting.push(...partsOf(node));
  }
  return names;
}

function partsOf(node: SyntaxNode): readonly SyntaxNode[] {
  switch (node.kind) {
    case 'number':
    case 'text':
    case 'name':
      return [];
    case 'unary':
    case 'output':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'call':
      return node.args;
    case 'previous':
      return [node.operand, node.bars];
  }
}
