import type { AuthServices } from '../auth-services.ts';
import type { AuthError } from '../requests/auth-error.ts';
import { type OneTimeTokenKind, voidCode } from './one-time-token.ts';

/**
 * Tries a code that a person typed. After five wrong ones for an address a code is void, and the right one is refused as
 * a wrong one is; the link of the same e-mail, which nobody can guess, stays good.
 */
export async function countAttempt<T>(
  auth: AuthServices,
  proof: { kinds: readonly OneTimeTokenKind[]; email: string; refusal: () => AuthError },
  attempt: (kinds: readonly OneTimeTokenKind[]) => Promise<T>,
): Promise<T> {
  const { email } = proof;
  const kinds = proof.kinds.filter((kind) => auth.codeAttempts.take(kind, email));
  if (kinds.length === 0) throw proof.refusal();
  try {
    const result = await attempt(kinds);
    for (const kind of kinds) auth.codeAttempts.reset(kind, email);
    return result;
  } catch (error) {
    // So that it stays void when the count is forgotten.
    for (const kind of kinds) if (auth.codeAttempts.isSpent(kind, email)) await voidCode(auth.pool, kind, email);
    throw error;
  }
}
