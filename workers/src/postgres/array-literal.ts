/**
 * Numbers as the text of a Postgres array. Made in a thread and handed on as text, because a large result would else
 * hold up the event loop while pg writes it.
 */
export function numberArray(numbers: ArrayLike<number | null>): string {
  const parts = new Array<string>(numbers.length);
  for (let i = 0; i < numbers.length; i += 1) {
    const value = numbers[i];
    parts[i] = value === null || value === undefined ? 'NULL' : String(value);
  }
  return `{${parts.join(',')}}`;
}

/** Texts as the text of a Postgres array. */
export function textArray(texts: ArrayLike<string | null>): string {
  return `{${Array.from(texts, (text) => (text === null ? 'NULL' : `"${text.replaceAll(/["\\]/g, '\\$&')}"`)).join(',')}}`;
}
