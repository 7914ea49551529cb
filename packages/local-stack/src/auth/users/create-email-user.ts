import { randomUUID } from 'node:crypto';
import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import type { JsonObject } from '../requests/request-fields.ts';
import { transaction } from '../transaction.ts';
import { confirmEmail } from './change-user.ts';
import { AUDIENCE, DEFAULT_ROLE, insertEmailIdentity, insertUser } from './insert-user.ts';

export interface NewEmailUser {
  readonly email: string;
  /** User metadata. */
  readonly data: JsonObject;
}

export const EMAIL_PROVIDER = { provider: 'email' };
const APP_METADATA = { provider: 'email', providers: ['email'] };

/** A user who signs up; confirmed at once where the project asks for no confirmation. */
export async function createEmailUser(auth: AuthServices, wanted: NewEmailUser, passwordHash: string): Promise<void> {
  const now = auth.now();
  const { email } = wanted;
  const id = await askBeforeUserCreated(auth, wanted);
  await transaction(auth.pool, async (tx) => {
    await insertUnconfirmedUser(auth, tx, { ...wanted, id, passwordHash });
    if (auth.config.email.confirmations) return;
    await confirmEmail(tx, id, now);
    await writeAuditEntry(tx, { actor: { id, email }, action: 'user_signedup', traits: EMAIL_PROVIDER, now });
  });
}

/** The id of a user who may be created. The hook commits by itself, so this comes before the transaction. */
export async function askBeforeUserCreated(auth: AuthServices, wanted: NewEmailUser): Promise<string> {
  const id = randomUUID();
  await auth.hooks.run('before_user_created', { user: describeNewUser(wanted, id, auth.now()) });
  return id;
}

/** With an empty hash nobody can sign in with a password until one is set. */
export async function insertUnconfirmedUser(
  auth: AuthServices,
  tx: Database,
  { id, email, data, passwordHash }: NewEmailUser & { id: string; passwordHash: string },
): Promise<void> {
  const now = auth.now();
  const role = DEFAULT_ROLE;
  await insertUser(tx, { id, email, passwordHash, role, userMetadata: data, appMetadata: APP_METADATA, now });
  await insertEmailIdentity(tx, { userId: id, email, data, now });
}

/** A user as clients see it who is not there yet, or never will be. */
export function describeNewUser(wanted: NewEmailUser, id: string, now: Date): JsonObject {
  const time = now.toISOString();
  return {
    id,
    aud: AUDIENCE,
    role: DEFAULT_ROLE,
    email: wanted.email,
    phone: '',
    app_metadata: APP_METADATA,
    user_metadata: wanted.data,
    identities: [],
    created_at: time,
    updated_at: time,
    is_anonymous: false,
  };
}
