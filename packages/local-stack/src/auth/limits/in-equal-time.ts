import { setTimeout as delay } from 'node:timers/promises';

/**
 * Longer than what is done for a known address and not for an unknown one, or the other way round: some writes. What
 * takes long, as bcrypt does, is to be done before, for both: a step would begin just after it for one of them.
 */
const STEP_MS = 100;

/**
 * Gives the answer of `work`, or its refusal, at the next whole step of time since the start: so that how long it takes
 * does not tell whether there is a user. Sending an e-mail's code takes several writes; not sending it takes none.
 */
export async function inEqualTime<T>(work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await work();
  } finally {
    const passedMs = performance.now() - startedAt;
    await delay((Math.floor(passedMs / STEP_MS) + 1) * STEP_MS - passedMs);
  }
}
