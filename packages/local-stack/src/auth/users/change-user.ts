import type { Database } from '../auth-services.ts';
import type { JsonObject } from '../requests/request-fields.ts';

/** Marks the address as confirmed. */
export async function confirmEmail(db: Database, userId: string, now: Date): Promise<void> {
  await db.query(
    `update auth.users set email_confirmed_at = $2, updated_at = $2,
       raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || '{"email_verified": true}'
     where id = $1`,
    [userId, now],
  );
}

/** Marks the address of the e-mail identity as confirmed: only an answered e-mail does that. */
export async function confirmIdentityEmail(db: Database, userId: string, now: Date): Promise<void> {
  await db.query(
    `update auth.identities set identity_data = identity_data || '{"email_verified": true}', updated_at = $2
     where user_id = $1 and provider = 'email'`,
    [userId, now],
  );
}

/** Merges keys into one of the two metadata objects; a key whose value is null is removed. */
export async function mergeMetadata(
  db: Database,
  column: 'raw_user_meta_data' | 'raw_app_meta_data',
  change: { userId: string; metadata: JsonObject; now: Date },
): Promise<void> {
  const removed = Object.keys(change.metadata).filter((key) => change.metadata[key] === null);
  await db.query(
    `update auth.users set ${column} = (coalesce(${column}, '{}') || $2::jsonb) - $3::text[], updated_at = $4
     where id = $1`,
    [change.userId, change.metadata, removed, change.now],
  );
}

export async function setPasswordHash(db: Database, userId: string, passwordHash: string, now: Date): Promise<void> {
  await db.query('update auth.users set encrypted_password = $2, updated_at = $3 where id = $1', [
    userId,
    passwordHash,
    now,
  ]);
}

/** Sets the address of the user and of the e-mail identity, without asking the user. */
export async function setEmail(
  db: Database,
  change: { userId: string; email: string; verified: boolean; now: Date },
): Promise<void> {
  await db.query(
    `with identity as (
       update auth.identities set updated_at = $4,
         identity_data = identity_data || jsonb_build_object('email', $2::text, 'email_verified', $3::boolean)
       where user_id = $1 and provider = 'email')
     update auth.users set email = $2, updated_at = $4 where id = $1`,
    [change.userId, change.email, change.verified, change.now],
  );
}

export async function setInvited(db: Database, userId: string, now: Date): Promise<void> {
  await db.query('update auth.users set invited_at = $2, updated_at = $2 where id = $1', [userId, now]);
}

/** Notes the address that a change is to lead to; nobody has confirmed it yet. */
export async function startEmailChange(db: Database, userId: string, email: string, now: Date): Promise<void> {
  await db.query(
    `update auth.users set email_change = $2, email_change_confirm_status = 0, updated_at = $3 where id = $1`,
    [userId, email, now],
  );
}

/** Notes that one of two addresses has confirmed a change. */
export async function countEmailChangeConfirmation(db: Database, userId: string, now: Date): Promise<void> {
  await db.query('update auth.users set email_change_confirm_status = 1, updated_at = $2 where id = $1', [userId, now]);
}

/** Makes the address of a change the user's own. */
export async function finishEmailChange(
  db: Database,
  change: { userId: string; email: string; now: Date },
): Promise<void> {
  await setEmail(db, { ...change, verified: true });
  await db.query(`update auth.users set email_change = '', email_change_confirm_status = 0 where id = $1`, [
    change.userId,
  ]);
}

export async function setRole(db: Database, userId: string, role: string, now: Date): Promise<void> {
  await db.query('update auth.users set role = $2, updated_at = $3 where id = $1', [userId, role, now]);
}

/** Null lifts a ban. */
export async function setBan(db: Database, userId: string, until: Date | null, now: Date): Promise<void> {
  await db.query('update auth.users set banned_until = $2, updated_at = $3 where id = $1', [userId, until, now]);
}

export async function touchLastSignIn(db: Database, userId: string, now: Date): Promise<void> {
  await db.query('update auth.users set last_sign_in_at = $2, updated_at = $2 where id = $1', [userId, now]);
}
