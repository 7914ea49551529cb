import { writeAuditEntry } from './audit-log.ts';
import { AuthError, invalid, notInLocalStack } from './auth-error.ts';
import type { AuthServices, Database } from './auth-services.ts';
import { confirmEmail, confirmIdentityEmail } from './change-user.ts';
import { parseEmailAddress } from './email-address.ts';
import { findUserById, lockUserByEmail, lockUserByLinkHash } from './find-user.ts';
import { issueSession, type SessionResponse } from './issue-session.ts';
import {
  clearOneTimeTokens,
  findLinkKind,
  hashCode,
  isCodeExpired,
  type OneTimeTokenKind,
  TOKEN_COLUMNS,
} from './one-time-token.ts';
import { readFields } from './request-fields.ts';
import { requestOrigin } from './request-origin.ts';
import { transaction } from './transaction.ts';
import { isBanned, type UserRecord } from './user-record.ts';

/** What a client calls a token, and which kinds of ours it may be. */
const KINDS: Record<string, readonly OneTimeTokenKind[]> = {
  signup: ['confirmation'],
  invite: ['confirmation'],
  recovery: ['recovery'],
  magiclink: ['recovery'],
  email: ['confirmation', 'recovery'],
};

interface Proof {
  readonly type: string;
  readonly hash: string;
  /** Present when the user typed the code; a link carries the hash alone. */
  readonly email?: string;
}

/** POST /verify: a session for a code from an e-mail, or for the hash that its link carries. */
export async function verifyOneTimeToken(auth: AuthServices, request: Request): Promise<SessionResponse> {
  const fields = await readFields(request);
  const type = fields.text('type') ?? '';
  const token = fields.text('token');
  const hash = fields.text('token_hash');
  if (Boolean(token) === Boolean(hash)) throw invalid('Verify requires either a token or a token hash');
  if (hash) {
    if (fields.text('email')) throw invalid('Only the token_hash and type should be provided');
    return redeem(auth, request, { type, hash });
  }
  if (fields.text('phone')) throw notInLocalStack('Verifying a phone number');
  const email = parseEmailAddress(fields.text('email'));
  return redeem(auth, request, { type, email, hash: hashCode(email, token ?? '') });
}

/** The session for a token that a link carried. Each token works once, and for `otp_expiry` seconds. */
export async function redeem(auth: AuthServices, request: Request, proof: Proof): Promise<SessionResponse> {
  if (!proof.type) throw invalid('Verify requires a verification type');
  if (['email_change', 'sms', 'phone_change'].includes(proof.type)) throw notInLocalStack(`Verifying ${proof.type}`);
  const kinds = KINDS[proof.type];
  if (!kinds) throw invalid('Invalid email verification type');
  return transaction(auth.pool, async (tx) => {
    const found = await findProved(auth, tx, kinds, proof);
    if (isBanned(found.user, auth.now())) throw new AuthError(403, 'user_banned', 'User is banned');
    const user = await acceptProof(auth, tx, found);
    return issueSession(auth, tx, { user, method: 'otp', origin: requestOrigin(request) });
  });
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
  const { email, hash } = proof;
  const user = email ? await lockUserByEmail(tx, email) : await lockUserByLinkHash(tx, hash);
  const kind = user && (email ? findCodeKind(user, kinds, hash) : await findLinkKind(tx, user.id, hash));
  if (user && kind && kinds.includes(kind) && !isCodeExpired(auth, user[TOKEN_COLUMNS[kind].sentAt])) {
    return { user, kind };
  }
  throw new AuthError(
    403,
    'otp_expired',
    email ? 'Token has expired or is invalid' : 'Email link is invalid or has expired',
  );
}

function findCodeKind(
  user: UserRecord,
  kinds: readonly OneTimeTokenKind[],
  codeHash: string,
): OneTimeTokenKind | undefined {
  return kinds.find((kind) => user[TOKEN_COLUMNS[kind].token] === codeHash);
}

/** Whoever read the e-mail owns the address, so that a recovery confirms it too. */
async function acceptProof(auth: AuthServices, tx: Database, { user, kind }: Proved): Promise<UserRecord> {
  const now = auth.now();
  await clearOneTimeTokens(tx, user.id);
  if (!user.email_confirmed_at) await confirmEmail(tx, user.id, now);
  if (kind === 'confirmation') await confirmIdentityEmail(tx, user.id, now);
  const action = user.email_confirmed_at ? 'login' : 'user_signedup';
  await writeAuditEntry(tx, { actor: user, action, traits: { provider: 'email' }, now });
  return (await findUserById(tx, user.id)) ?? user;
}
