/** What is wrong with an expression, and where in its text. Leaves the engine as an issue, or within an EngineError. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  /** Offset in the text, in UTF-16 units. */
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** Line and column, both from 1, of an offset in a text. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
