import { randomBytes } from 'node:crypto';
import { hash, parseOptions, verify } from '@node-rs/bcrypt';
import { AuthError, invalid } from '../requests/auth-error.ts';

/** Cost and prefix that hosted Auth writes: `$2a$10$`. */
const HOSTED_COST = 10;
const VERSION = '2a';

/** bcrypt reads no further. */
const MAX_BYTES = 72;

/** An imported hash may be dearer than ours, but not so dear that one sign-in takes minutes. */
const MAX_IMPORTED_COST = 14;

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Whether the password fits the hash; without a hash it takes as long and is false. */
  verify(password: string, hash: string | null): Promise<boolean>;
}

/** A hasher whose hashes cost 2^cost rounds; 4, bcrypt's least, is for tests that are not about the cost. */
export async function createPasswordHasher(cost = HOSTED_COST): Promise<PasswordHasher> {
  const hashPassword = (password: string) => hash(password, { cost, version: VERSION, rejectLongPasswords: true });
  const nobodysHash = await hashPassword(randomBytes(16).toString('hex'));
  return {
    hash: hashPassword,
    async verify(password, stored) {
      const matches = await verify(password, stored || nobodysHash);
      return matches && Boolean(stored) && Buffer.byteLength(password) <= MAX_BYTES;
    },
  };
}

/** Refuses a password that is too long for bcrypt, or shorter than the project asks for (`weak_password`). */
export function checkPasswordStrength(password: string, minimumLength: number): void {
  const bytes = Buffer.byteLength(password);
  if (bytes > MAX_BYTES) throw invalid(`Password cannot be longer than ${MAX_BYTES} characters`);
  if (bytes < minimumLength) {
    throw new AuthError(422, 'weak_password', `Password should be at least ${minimumLength} characters.`, ['length']);
  }
}

/** Refuses a hash that an admin brings along unless bcrypt can read it at a bearable cost. */
export function checkImportedHash(imported: string): void {
  let cost: number;
  try {
    cost = parseOptions(imported).cost;
  } catch {
    throw invalid('password_hash must be a bcrypt hash');
  }
  if (cost > MAX_IMPORTED_COST) throw invalid(`password_hash must have a bcrypt cost of at most ${MAX_IMPORTED_COST}`);
}
