const STEP_MS = 100;

/** Waits until something holds. A check that fails counts as not yet. @throws Error after `most_ms`, with what was waited for */
export async function until(what: string, most_ms: number, check: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + most_ms;
  let last: unknown;
  while (performance.now() < end) {
    try {
      if (await check()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  throw new Error(`waited ${most_ms / 1000} s in vain: ${what}${last === undefined ? '' : ` (${String(last)})`}`);
}
