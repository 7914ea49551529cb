/**
 * What is promised, or undefined once the signal aborts, even where Postgres keeps the promise waiting for a lock. What
 * becomes of the promise then is nobody's business any more.
 */
export function unlessAborted<T>(promised: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => aborted.resolve(undefined), { once: true });
  if (signal.aborted) aborted.resolve(undefined);
  return Promise.race([promised, aborted.promise]);
}
