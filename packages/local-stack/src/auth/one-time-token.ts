import { createHash, randomInt, randomUUID } from 'node:crypto';
import type { Database } from './auth-services.ts';

/** What a code from an e-mail is good for; also the prefix of its columns in auth.users. */
export type OneTimeTokenKind = 'confirmation' | 'recovery';

export interface OneTimeToken {
  /** Digits that a person types. */
  readonly otp: string;
  /** What the link carries and the database keeps. */
  readonly hash: string;
}

/** A fresh code for an address. */
export function newOneTimeToken(email: string, digits: number): OneTimeToken {
  const otp = randomInt(10 ** digits)
    .toString()
    .padStart(digits, '0');
  return { otp, hash: hashOneTimeToken(email, otp) };
}

/** SHA-224 of address and code: hosted Auth's form. */
export function hashOneTimeToken(email: string, otp: string): string {
  return createHash('sha224').update(`${email}${otp}`).digest('hex');
}

/** Puts the token in place of an earlier one of its kind. */
export async function storeOneTimeToken(
  db: Database,
  kind: OneTimeTokenKind,
  token: { userId: string; email: string; hash: string; now: Date },
): Promise<void> {
  await db.query(
    `with stored as (
       insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6::timestamptz at time zone 'utc', $6::timestamptz at time zone 'utc')
       on conflict (user_id, token_type) do update set token_hash = excluded.token_hash,
         relates_to = excluded.relates_to, created_at = excluded.created_at, updated_at = excluded.updated_at)
     update auth.users set ${kind}_token = $4, ${kind}_sent_at = $6, updated_at = $6 where id = $2`,
    [randomUUID(), token.userId, `${kind}_token`, token.hash, token.email, token.now],
  );
}

/** Makes every pending code of a user worthless. */
export async function clearOneTimeTokens(db: Database, userId: string): Promise<void> {
  await db.query(
    `with cleared as (delete from auth.one_time_tokens where user_id = $1)
     update auth.users set confirmation_token = '', recovery_token = '', email_change_token_new = '',
       email_change_token_current = '', phone_change_token = '', reauthentication_token = ''
     where id = $1`,
    [userId],
  );
}
