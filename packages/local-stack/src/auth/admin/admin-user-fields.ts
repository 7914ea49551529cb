import type { AuthServices } from '../auth-services.ts';
import { checkImportedHash, checkPasswordStrength } from '../passwords/password-hasher.ts';
import { invalid, notInLocalStack } from '../requests/auth-error.ts';
import type { JsonObject, RequestFields } from '../requests/request-fields.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { parseBanEnd } from './ban-duration.ts';

/** What an admin may set of a user. Undefined leaves a thing as it is. */
export interface AdminUserFields {
  readonly email: string | undefined;
  readonly emailConfirm: boolean;
  readonly passwordHash: string | undefined;
  readonly role: string | undefined;
  readonly userMetadata: JsonObject | undefined;
  readonly appMetadata: JsonObject | undefined;
  /** Null lifts a ban. */
  readonly bannedUntil: Date | null | undefined;
}

const MAX_ROLE_LENGTH = 63;

export async function readAdminUserFields(auth: AuthServices, fields: RequestFields): Promise<AdminUserFields> {
  const email = fields.text('email');
  const role = fields.text('role')?.trim() || undefined;
  const ban = fields.text('ban_duration');
  if (fields.text('phone') || fields.flag('phone_confirm')) throw notInLocalStack('Setting a phone number');
  if (role && role.length > MAX_ROLE_LENGTH) throw invalid(`role has at most ${MAX_ROLE_LENGTH} characters`);
  return {
    email: email ? parseEmailAddress(email) : undefined,
    emailConfirm: fields.flag('email_confirm'),
    passwordHash: await readPasswordHash(auth, fields),
    role,
    userMetadata: fields.object('user_metadata'),
    appMetadata: fields.object('app_metadata'),
    bannedUntil: ban ? parseBanEnd(ban, auth.now()) : undefined,
  };
}

async function readPasswordHash(auth: AuthServices, fields: RequestFields): Promise<string | undefined> {
  const password = fields.text('password');
  const imported = fields.text('password_hash');
  if (password && imported) throw invalid('Only a password or a password hash should be provided');
  if (imported) {
    checkImportedHash(imported);
    return imported;
  }
  if (!password) return undefined;
  checkPasswordStrength(password, auth.config.minimumPasswordLength);
  return auth.passwords.hash(password);
}
