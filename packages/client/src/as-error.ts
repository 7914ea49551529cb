/**
 * What was thrown, as an error. What PostgREST refuses, supabase-js gives as an object that is none: its message and its code
 * are kept.
 */
export function asError(thrown: unknown): Error & { code?: unknown } {
  if (thrown instanceof Error) return thrown;
  if (typeof thrown !== 'object' || thrown === null || !('message' in thrown)) return new Error(String(thrown));
  const error = new Error(String(thrown.message), { cause: thrown });
  return 'code' in thrown ? Object.assign(error, { code: thrown.code }) : error;
}
