import { randomBytes } from 'node:crypto';
import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { issueCode } from '../codes/issue-code.ts';
import type { OneTimeTokenKind } from '../codes/one-time-token.ts';
import { redirectTarget } from '../codes/redirect-target.ts';
import { actionLink, type EmailType } from '../email/word-email.ts';
import { checkPasswordStrength } from '../passwords/password-hasher.ts';
import { AuthError, invalid } from '../requests/auth-error.ts';
import { type JsonObject, type RequestFields, readFields } from '../requests/request-fields.ts';
import { transaction } from '../transaction.ts';
import { mergeMetadata, startEmailChange } from '../users/change-user.ts';
import { askBeforeUserCreated, insertUnconfirmedUser } from '../users/create-email-user.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { findUserByEmail, findUserById, isEmailTaken, lockUserByEmail } from '../users/find-user.ts';
import { presentUser, type UserRecord } from '../users/user-record.ts';
import { emailExists } from './admin-create-user.ts';
import { idForInvitation, insertInvited } from './invite-user.ts';

const LINK_TYPES = {
  signup: { kind: 'confirmation', type: 'signup' },
  invite: { kind: 'confirmation', type: 'invite' },
  magiclink: { kind: 'recovery', type: 'magiclink' },
  recovery: { kind: 'recovery', type: 'recovery' },
  email_change_current: { kind: 'email_change_current', type: 'email_change' },
  email_change_new: { kind: 'email_change_new', type: 'email_change' },
} as const satisfies Record<string, { kind: OneTimeTokenKind; type: EmailType }>;

type LinkType = keyof typeof LINK_TYPES;

interface Wanted {
  readonly type: LinkType;
  readonly email: string;
  readonly data: JsonObject;
  readonly fields: RequestFields;
}

/** Brings the user into the state that the link is for, in the transaction that stores its token. */
type Prepare = (tx: Database) => Promise<UserRecord>;

/** POST /admin/generate_link: the link and the code of an e-mail that the project sends itself. */
export async function generateLink(auth: AuthServices, request: Request): Promise<JsonObject> {
  const fields = await readFields(request);
  const wanted = await readWanted(auth, fields);
  const redirectTo = redirectTarget(auth, request, fields.text('redirect_to'));
  const prepare = await prepareLink(auth, wanted);
  const { kind, type } = LINK_TYPES[wanted.type];
  return transaction(auth.pool, async (tx) => {
    const { id, email_change } = await prepare(tx);
    const email = kind === 'email_change_new' ? (email_change ?? '') : wanted.email;
    const token = await issueCode(auth, tx, { kind, userId: id, email });
    const user = await findUserById(tx, id);
    if (!user) throw new Error('the user of the link is gone: a trigger on auth.users removed it');
    return {
      ...presentUser(user),
      action_link: actionLink(auth, { hash: token.linkHash, type, redirectTo }),
      email_otp: token.otp,
      hashed_token: token.linkHash,
      verification_type: wanted.type,
      redirect_to: redirectTo,
    };
  });
}

async function readWanted(auth: AuthServices, fields: RequestFields): Promise<Wanted> {
  const email = parseEmailAddress(fields.text('email'));
  const type = fields.text('type') ?? '';
  if (!isLinkType(type)) throw invalid(`Invalid email action link type requested: ${type}`);
  // A magic link for somebody new is a sign-up, as at POST /otp.
  const isNew = type === 'magiclink' && !(await findUserByEmail(auth.pool, email));
  return { type: isNew ? 'signup' : type, email, data: fields.object('data') ?? {}, fields };
}

function isLinkType(text: string): text is LinkType {
  return Object.hasOwn(LINK_TYPES, text);
}

/** What needs no transaction, hooks and hashes among them. */
async function prepareLink(auth: AuthServices, wanted: Wanted): Promise<Prepare> {
  switch (wanted.type) {
    case 'signup':
      return prepareSignUp(auth, wanted);
    case 'invite': {
      const id = await idForInvitation(auth, wanted);
      return (tx) => insertInvited(auth, tx, wanted, id);
    }
    case 'magiclink':
    case 'recovery':
      return async (tx) => {
        const user = await lockExisting(tx, wanted.email);
        await writeAuditEntry(tx, { actor: user, action: 'user_recovery_requested', now: auth.now() });
        return user;
      };
    case 'email_change_current':
    case 'email_change_new':
      return prepareEmailChange(auth, wanted);
  }
}

async function prepareSignUp(auth: AuthServices, { email, data, fields }: Wanted): Promise<Prepare> {
  const existing = await findUserByEmail(auth.pool, email);
  if (existing?.email_confirmed_at) throw emailExists();
  if (existing) {
    return async (tx) => {
      await mergeMetadata(tx, 'raw_user_meta_data', { userId: existing.id, metadata: data, now: auth.now() });
      return existing;
    };
  }
  const password = fields.text('password');
  if (fields.text('type') === 'signup' && !password) throw invalid('Signup requires a valid password');
  if (password) checkPasswordStrength(password, auth.config.minimumPasswordLength);
  const passwordHash = await auth.passwords.hash(password ?? randomBytes(32).toString('hex'));
  const id = await askBeforeUserCreated(auth, { email, data });
  return async (tx) => {
    await insertUnconfirmedUser(auth, tx, { id, email, data, passwordHash });
    return lockExisting(tx, email);
  };
}

function prepareEmailChange(auth: AuthServices, { type, email, fields }: Wanted): Prepare {
  if (type === 'email_change_current' && !auth.config.email.doubleConfirmChanges) {
    throw invalid('Enable secure email change to generate link for current email');
  }
  const newEmail = parseEmailAddress(fields.text('new_email'));
  return async (tx) => {
    const user = await lockExisting(tx, email);
    if (await isEmailTaken(tx, newEmail, user.id)) throw emailExists();
    await startEmailChange(tx, user.id, newEmail, auth.now());
    return { ...user, email_change: newEmail };
  };
}

async function lockExisting(tx: Database, email: string): Promise<UserRecord> {
  const user = await lockUserByEmail(tx, email);
  if (!user) throw new AuthError(404, 'user_not_found', 'User with this email not found');
  return user;
}
