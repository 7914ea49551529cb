import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { acceptEmailChange } from '../email/accept-email-change.ts';
import type { OutgoingEmail } from '../email/outbox.ts';
import { AuthError, invalid, notInLocalStack } from '../requests/auth-error.ts';
import { transaction } from '../transaction.ts';
import { confirmEmail, confirmIdentityEmail } from '../users/change-user.ts';
import { findUserById, lockUserByEmail, lockUserByEmailChange, lockUserByLinkHash } from '../users/find-user.ts';
import { isBanned, type UserRecord } from '../users/user-record.ts';
import { countAttempt } from './count-attempt.ts';
import {
  clearOneTimeTokens,
  findLinkKind,
  hashCode,
  isCodeExpired,
  type OneTimeTokenKind,
  TOKEN_COLUMNS,
} from './one-time-token.ts';

/** What a client calls a token, and which kinds of ours it may be. */
const KINDS: Record<string, readonly OneTimeTokenKind[]> = {
  signup: ['confirmation'],
  invite: ['confirmation'],
  recovery: ['recovery'],
  magiclink: ['recovery'],
  email: ['confirmation', 'recovery'],
  email_change: ['email_change_current', 'email_change_new'],
};

/** What somebody who read an e-mail sends: the hash of its link, or the code with the address that it went to. */
export type Proof =
  | { readonly type: string; readonly linkHash: string }
  | { readonly type: string; readonly email: string; readonly code: string };

/** What to give a user for a good proof: a session, or a code that an application exchanges for one. */
export type Grant<T> = (tx: Database, user: UserRecord) => Promise<T>;

/**
 * Uses a token from an e-mail up and gives what it is good for. Undefined when it was one of two that a change of address
 * needs. Each token works once, and for `otp_expiry` seconds.
 */
export async function redeem<T>(auth: AuthServices, proof: Proof, grant: Grant<T>): Promise<T | undefined> {
  const kinds = kindsOf(proof.type);
  if ('linkHash' in proof) return redeemAs(auth, kinds, proof, grant);
  const attempt = { kinds, email: proof.email, refusal: () => refusalOf(proof) };
  return countAttempt(auth, attempt, (open) => redeemAs(auth, open, proof, grant));
}

async function redeemAs<T>(
  auth: AuthServices,
  kinds: readonly OneTimeTokenKind[],
  proof: Proof,
  grant: Grant<T>,
): Promise<T | undefined> {
  const { granted, emails } = await transaction(auth.pool, async (tx) => {
    const found = await findProved(auth, tx, kinds, proof);
    if (isBanned(found.user, auth.now())) throw new AuthError(403, 'user_banned', 'User is banned');
    const emails = await acceptProof(auth, tx, found);
    if (!emails) return { granted: undefined, emails: [] };
    const user = (await findUserById(tx, found.user.id)) ?? found.user;
    return { granted: await grant(tx, user), emails };
  });
  for (const email of emails) auth.outbox.add(email);
  return granted;
}

function refusalOf(proof: Proof): AuthError {
  const message = 'linkHash' in proof ? 'Email link is invalid or has expired' : 'Token has expired or is invalid';
  return new AuthError(403, 'otp_expired', message);
}

function kindsOf(type: string): readonly OneTimeTokenKind[] {
  if (!type) throw invalid('Verify requires a verification type');
  if (['sms', 'phone_change'].includes(type)) throw notInLocalStack(`Verifying ${type}`);
  const kinds = KINDS[type];
  if (!kinds) throw invalid('Invalid email verification type');
  return kinds;
}

interface Proved {
  readonly user: UserRecord;
  readonly kind: OneTimeTokenKind;
}

async function findProved(
  auth: AuthServices,
  tx: Database,
  kinds: readonly OneTimeTokenKind[],
  proof: Proof,
): Promise<Proved> {
  const found = 'linkHash' in proof ? await findByLink(tx, proof.linkHash) : await findByCode(tx, kinds, proof);
  const { user, kind } = found ?? {};
  if (user && kind && kinds.includes(kind) && !isCodeExpired(auth, user[TOKEN_COLUMNS[kind].sentAt])) {
    return { user, kind };
  }
  throw refusalOf(proof);
}

async function findByLink(tx: Database, hash: string) {
  const user = await lockUserByLinkHash(tx, hash);
  return user && { user, kind: await findLinkKind(tx, user.id, hash) };
}

async function findByCode(
  tx: Database,
  kinds: readonly OneTimeTokenKind[],
  { type, email, code }: { type: string; email: string; code: string },
) {
  const hash = hashCode(email, code);
  const user = type === 'email_change' ? await lockUserByEmailChange(tx, hash) : await lockUserByEmail(tx, email);
  return (
    user && { user, kind: kinds.find((kind) => user[TOKEN_COLUMNS[kind].token] === hash && wentTo(user, kind, email)) }
  );
}

/**
 * Whether codes of a kind go to an address. The hash alone does not tell: it is the same for an address that ends with the
 * code's first digits, under which tries would be counted apart.
 */
function wentTo(user: UserRecord, kind: OneTimeTokenKind, email: string): boolean {
  return (kind === 'email_change_new' ? user.email_change : user.email)?.toLowerCase() === email;
}

/** The e-mails to send once this is committed; undefined while another address has still to confirm. */
async function acceptProof(
  auth: AuthServices,
  tx: Database,
  { user, kind }: Proved,
): Promise<OutgoingEmail[] | undefined> {
  if (kind === 'email_change_current' || kind === 'email_change_new') {
    return acceptEmailChange(auth, tx, { user, kind });
  }
  const now = auth.now();
  await clearOneTimeTokens(tx, user.id);
  // Whoever read the e-mail owns the address, so that a recovery confirms it too.
  if (!user.email_confirmed_at) await confirmEmail(tx, user.id, now);
  if (kind === 'confirmation') await confirmIdentityEmail(tx, user.id, now);
  const action = user.email_confirmed_at ? 'login' : 'user_signedup';
  await writeAuditEntry(tx, { actor: user, action, traits: { provider: 'email' }, now });
  return [];
}
