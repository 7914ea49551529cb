import type { Database } from '../auth-services.ts';
import { FACTOR_JSON } from '../mfa/factor-record.ts';
import { INSTANCE_ID } from './instance-id.ts';
import type { UserRecord } from './user-record.ts';

/** Columns of a UserRecord, for a query that names auth.users `u`. */
export const USER_COLUMNS = `
  u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.phone_confirmed_at,
  u.confirmed_at, u.invited_at, u.confirmation_token, u.confirmation_sent_at, u.recovery_token, u.recovery_sent_at,
  u.email_change, u.email_change_token_new, u.email_change_token_current, u.email_change_sent_at,
  u.email_change_confirm_status, u.reauthentication_token, u.reauthentication_sent_at,
  u.last_sign_in_at, u.raw_app_meta_data, u.raw_user_meta_data, u.created_at, u.updated_at, u.banned_until,
  u.is_anonymous,
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data,
      'provider', i.provider, 'last_sign_in_at', i.last_sign_in_at, 'created_at', i.created_at,
      'updated_at', i.updated_at, 'email', i.email) order by i.created_at, i.id)
    from auth.identities i where i.user_id = u.id
  ), '[]') as identities,
  coalesce((
    select jsonb_agg(${FACTOR_JSON} order by f.created_at, f.id) from auth.mfa_factors f where f.user_id = u.id
  ), '[]') as factors`;

/** Hosted Auth too finds nobody whose seed left instance_id out, and the index on addresses begins with it. */
const HAS_EMAIL = 'u.instance_id = $2 and lower(u.email) = $1 and not u.is_sso_user';

export function findUserById(db: Database, id: string): Promise<UserRecord | undefined> {
  return selectUser(db, 'u.id = $1', [id]);
}

/** The address must be in lower case. */
export function findUserByEmail(db: Database, email: string): Promise<UserRecord | undefined> {
  return selectUser(db, HAS_EMAIL, [email, INSTANCE_ID]);
}

/** As findUserByEmail, locked until the transaction ends. */
export function lockUserByEmail(db: Database, email: string): Promise<UserRecord | undefined> {
  return selectUser(db, `${HAS_EMAIL} for update of u`, [email, INSTANCE_ID]);
}

/** As findUserById, locked until the transaction ends. */
export function lockUserById(db: Database, id: string): Promise<UserRecord | undefined> {
  return selectUser(db, 'u.id = $1 for update of u', [id]);
}

/** The user who was mailed a link with this hash, locked. Whoever waited here must read the token afterwards. */
export function lockUserByLinkHash(db: Database, hash: string): Promise<UserRecord | undefined> {
  return selectUser(
    db,
    'u.id = (select t.user_id from auth.one_time_tokens t where t.token_hash = $1 limit 1) for update of u',
    [hash],
  );
}

/** The user whose change of address waits for the code with this hash, locked: of two requests the second finds nobody. */
export function lockUserByEmailChange(db: Database, codeHash: string): Promise<UserRecord | undefined> {
  return selectUser(db, '(u.email_change_token_new = $1 or u.email_change_token_current = $1) for update of u', [
    codeHash,
  ]);
}

/** Whether another user signs in with an address, by whatever identity. */
export async function isEmailTaken(db: Database, email: string, userId: string): Promise<boolean> {
  const { rows } = await db.query<{ taken: boolean }>(
    `select exists (select from auth.identities i where i.email = $1 and i.user_id <> $3)
       or exists (select from auth.users u where u.deleted_at is null and ${HAS_EMAIL} and u.id <> $3) as taken`,
    [email, INSTANCE_ID, userId],
  );
  return rows[0]?.taken === true;
}

async function selectUser(db: Database, condition: string, values: unknown[]): Promise<UserRecord | undefined> {
  const { rows } = await db.query<UserRecord>(
    `select ${USER_COLUMNS} from auth.users u where u.deleted_at is null and ${condition}`,
    values,
  );
  return rows[0];
}
