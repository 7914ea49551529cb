import { randomUUID } from 'node:crypto';
import type { Database } from '../auth-services.ts';
import type { JsonObject } from '../requests/request-fields.ts';
import { INSTANCE_ID } from './instance-id.ts';

/** Role and audience of everyone who signs in. */
export const DEFAULT_ROLE = 'authenticated';
export const AUDIENCE = 'authenticated';

export interface NewUser {
  readonly id: string;
  readonly email: string;
  readonly passwordHash: string;
  readonly role: string;
  readonly userMetadata: JsonObject;
  readonly appMetadata: JsonObject;
  readonly now: Date;
}

/** A user who has to confirm the address, without an identity. */
export async function insertUser(db: Database, user: NewUser): Promise<void> {
  await db.query(
    `insert into auth.users (instance_id, id, aud, role, email, encrypted_password, confirmation_token, recovery_token,
       email_change_token_new, email_change, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, '', '', '', '', $7, $8, $9, $9)`,
    [
      INSTANCE_ID,
      user.id,
      AUDIENCE,
      user.role,
      user.email,
      user.passwordHash,
      user.appMetadata,
      user.userMetadata,
      user.now,
    ],
  );
}

/** The identity of a user who signs in by e-mail. */
export async function insertEmailIdentity(
  db: Database,
  identity: { userId: string; email: string; data: JsonObject; now: Date },
): Promise<void> {
  const data = {
    ...identity.data,
    sub: identity.userId,
    email: identity.email,
    email_verified: false,
    phone_verified: false,
  };
  await db.query(
    `insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
     values ($1, $2::uuid::text, $2::uuid, $3, 'email', $4, $4, $4)`,
    [randomUUID(), identity.userId, data, identity.now],
  );
}
