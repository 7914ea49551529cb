import type { AuthServices, Database } from './auth-services.ts';
import {
  newOneTimeToken,
  type OneTimeToken,
  type OneTimeTokenKind,
  storeOneTimeToken,
  TOKEN_COLUMNS,
} from './one-time-token.ts';

/** Makes and stores a code for an address of a user; an earlier one of its kind becomes worthless. */
export async function issueCode(
  auth: AuthServices,
  tx: Database,
  { kind, userId, email }: { kind: OneTimeTokenKind; userId: string; email: string },
): Promise<OneTimeToken> {
  const token = newOneTimeToken(email, auth.config.email.otpLength);
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
