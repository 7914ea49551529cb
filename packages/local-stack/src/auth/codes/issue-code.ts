import type { AuthServices, Database } from '../auth-services.ts';
import {
  newOneTimeToken,
  type OneTimeToken,
  type OneTimeTokenKind,
  storeOneTimeToken,
  TOKEN_COLUMNS,
} from './one-time-token.ts';

/** How a link shows that it gives a code for the client that asked, in place of a session. */
export const PKCE_PREFIX = 'pkce_';

/** Makes and stores a code for an address of a user; an earlier one of its kind becomes worthless. */
export async function issueCode(
  auth: AuthServices,
  tx: Database,
  { kind, userId, email, pkce = false }: { kind: OneTimeTokenKind; userId: string; email: string; pkce?: boolean },
): Promise<OneTimeToken> {
  const fresh = newOneTimeToken(email, auth.config.email.otpLength);
  const token = pkce ? { ...fresh, linkHash: PKCE_PREFIX + fresh.linkHash } : fresh;
  await storeOneTimeToken(tx, kind, { ...token, userId, email, now: auth.now() });
  if (!(await isAwaitedByOthers(tx, { kind, userId, email }))) auth.codeAttempts.reset(kind, email);
  return token;
}

/**
 * Whether others have a code of the kind at the same address: two people may want to change to one. Theirs must not get
 * new tries whenever somebody asks for another.
 */
async function isAwaitedByOthers(
  tx: Database,
  { kind, userId, email }: { kind: OneTimeTokenKind; userId: string; email: string },
): Promise<boolean> {
  const { rows } = await tx.query(
    'select from auth.one_time_tokens where token_type = $1 and relates_to = $2 and user_id <> $3 limit 1',
    [TOKEN_COLUMNS[kind].token, email, userId],
  );
  return rows.length > 0;
}
