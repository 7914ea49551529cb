import { type FactorRecord, presentFactor } from '../mfa/factor-record.ts';
import type { JsonObject } from '../requests/request-fields.ts';

/** A row of auth.users with its identities and second factors; secrets stay out of `presentUser`. */
export interface UserRecord {
  id: string;
  aud: string;
  role: string;
  email: string | null;
  phone: string | null;
  encrypted_password: string | null;
  email_confirmed_at: Date | null;
  phone_confirmed_at: Date | null;
  confirmed_at: Date | null;
  invited_at: Date | null;
  confirmation_token: string | null;
  confirmation_sent_at: Date | null;
  recovery_token: string | null;
  recovery_sent_at: Date | null;
  /** The address that a change is under way to; empty without one. */
  email_change: string | null;
  email_change_token_new: string | null;
  email_change_token_current: string | null;
  email_change_sent_at: Date | null;
  /** How many of the two addresses have confirmed a change so far. */
  email_change_confirm_status: number | null;
  reauthentication_token: string | null;
  reauthentication_sent_at: Date | null;
  last_sign_in_at: Date | null;
  raw_app_meta_data: JsonObject | null;
  raw_user_meta_data: JsonObject | null;
  created_at: Date | null;
  updated_at: Date | null;
  banned_until: Date | null;
  is_anonymous: boolean;
  identities: IdentityRecord[];
  factors: FactorRecord[];
}

/** A row of auth.identities as JSON made by Postgres, under the names that clients know. */
export interface IdentityRecord {
  identity_id: string;
  id: string;
  user_id: string;
  identity_data: JsonObject;
  provider: string;
  last_sign_in_at: string | null;
  created_at: string | null;
  updated_at: string | null;
  email: string | null;
}

/** The user as clients see it. Times that are not set are left out, as hosted Auth does. */
export function presentUser(user: UserRecord): JsonObject {
  return {
    id: user.id,
    aud: user.aud,
    role: user.role,
    email: user.email ?? '',
    ...times(user, 'email_confirmed_at', 'invited_at'),
    phone: user.phone ?? '',
    ...(user.email_change && { new_email: user.email_change }),
    ...times(user, 'phone_confirmed_at', 'confirmation_sent_at', 'confirmed_at', 'recovery_sent_at'),
    ...times(user, 'email_change_sent_at', 'reauthentication_sent_at', 'last_sign_in_at'),
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    ...(user.factors.length > 0 && { factors: user.factors.map(presentFactor) }),
    identities: user.identities,
    ...times(user, 'created_at', 'updated_at', 'banned_until'),
    is_anonymous: user.is_anonymous,
  };
}

export function isBanned(user: UserRecord, now: Date): boolean {
  return user.banned_until !== null && user.banned_until > now;
}

type TimeColumn = {
  [Key in keyof UserRecord]: UserRecord[Key] extends Date | null ? Key : never;
}[keyof UserRecord];

function times(user: UserRecord, ...columns: TimeColumn[]): JsonObject {
  return Object.fromEntries(
    columns.flatMap((column) => {
      const time = user[column];
      return time ? [[column, time.toISOString()]] : [];
    }),
  );
}
