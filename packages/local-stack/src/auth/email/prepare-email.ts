import type { AuthServices, Database } from '../auth-services.ts';
import { issueCode } from '../codes/issue-code.ts';
import type { LinkTarget } from '../codes/link-target.ts';
import { type OneTimeTokenKind, TOKEN_COLUMNS } from '../codes/one-time-token.ts';
import { beginFlow } from '../pkce/begin-flow.ts';
import type { UserRecord } from '../users/user-record.ts';
import type { OutgoingEmail } from './outbox.ts';
import { type EmailType, wordCodeEmail } from './word-email.ts';

/**
 * Stores a new code for a user and words the e-mail that carries it. Send it once the transaction is committed.
 * Refuses one too soon after the last.
 */
export async function prepareEmail(
  auth: AuthServices,
  tx: Database,
  email: { kind: OneTimeTokenKind; type: EmailType; user: UserRecord; target: LinkTarget },
): Promise<OutgoingEmail> {
  const { kind, type, user, target } = email;
  const to = user.email ?? '';
  auth.emailLimits.count(user[TOKEN_COLUMNS[kind].sentAt]);
  await beginFlow(auth, tx, { userId: user.id, type, target });
  const token = await issueCode(auth, tx, { kind, userId: user.id, email: to, pkce: target.pkce !== undefined });
  return wordCodeEmail(auth, { to, type, token, redirectTo: target.redirectTo });
}
