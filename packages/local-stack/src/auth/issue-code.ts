import type { AuthServices, Database } from './auth-services.ts';
import { newOneTimeToken, type OneTimeToken, type OneTimeTokenKind, storeOneTimeToken } from './one-time-token.ts';

/** Makes and stores a code for an address of a user; an earlier one of its kind becomes worthless. */
export async function issueCode(
  auth: AuthServices,
  tx: Database,
  { kind, userId, email }: { kind: OneTimeTokenKind; userId: string; email: string },
): Promise<OneTimeToken> {
  const token = newOneTimeToken(email, auth.config.email.otpLength);
  await storeOneTimeToken(tx, kind, { ...token, userId, email, now: auth.now() });
  return token;
}
