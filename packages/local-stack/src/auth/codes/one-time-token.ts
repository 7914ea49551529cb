import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { AuthServices, Database } from '../auth-services.ts';

/** Where a code of each kind lies in auth.users; its type in auth.one_time_tokens has the name of the column. */
export const TOKEN_COLUMNS = {
  confirmation: { token: 'confirmation_token', sentAt: 'confirmation_sent_at' },
  recovery: { token: 'recovery_token', sentAt: 'recovery_sent_at' },
  reauthentication: { token: 'reauthentication_token', sentAt: 'reauthentication_sent_at' },
  email_change_current: { token: 'email_change_token_current', sentAt: 'email_change_sent_at' },
  email_change_new: { token: 'email_change_token_new', sentAt: 'email_change_sent_at' },
} as const;

/** What a code from an e-mail is good for. */
export type OneTimeTokenKind = keyof typeof TOKEN_COLUMNS;

export interface OneTimeToken {
  /** Digits that a person types. */
  readonly otp: string;
  /** What auth.users keeps of them. */
  readonly codeHash: string;
  /** What the link carries and auth.one_time_tokens keeps. */
  readonly linkHash: string;
}

/** As long as the hash of a code, which hosted Auth puts into links. */
const LINK_BYTES = 28;

/**
 * A fresh code for an address. The link's hash is random: were it made from the code, as on hosted, whoever knows the
 * address could work out all million links and try them past the count of wrong codes.
 */
export function newOneTimeToken(email: string, digits: number): OneTimeToken {
  const otp = randomInt(10 ** digits)
    .toString()
    .padStart(digits, '0');
  return { otp, codeHash: hashCode(email, otp), linkHash: randomBytes(LINK_BYTES).toString('hex') };
}

/** SHA-224 of address and code: hosted Auth's form. */
export function hashCode(email: string, otp: string): string {
  return createHash('sha224').update(`${email}${otp}`).digest('hex');
}

/** Whether a code sent then is too old by now, or was never sent. */
export function isCodeExpired(auth: AuthServices, sentAt: Date | null): boolean {
  return !sentAt || sentAt.getTime() + auth.config.email.otpExpirySeconds * 1000 < auth.now().getTime();
}

/** Puts the token in place of an earlier one of its kind. */
export async function storeOneTimeToken(
  db: Database,
  kind: OneTimeTokenKind,
  token: { userId: string; email: string; codeHash: string; linkHash: string; now: Date },
): Promise<void> {
  const columns = TOKEN_COLUMNS[kind];
  await db.query(
    `with stored as (
       insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6::timestamptz at time zone 'utc', $6::timestamptz at time zone 'utc')
       on conflict (user_id, token_type) do update set token_hash = excluded.token_hash,
         relates_to = excluded.relates_to, created_at = excluded.created_at, updated_at = excluded.updated_at)
     update auth.users set ${columns.token} = $7, ${columns.sentAt} = $6, updated_at = $6 where id = $2`,
    [randomUUID(), token.userId, columns.token, token.linkHash, token.email, token.now, token.codeHash],
  );
}

/** The kind of a user's pending link; undefined once it was used. */
export async function findLinkKind(db: Database, userId: string, hash: string): Promise<OneTimeTokenKind | undefined> {
  const { rows } = await db.query<{ token_type: string }>(
    'select token_type from auth.one_time_tokens where user_id = $1 and token_hash = $2',
    [userId, hash],
  );
  const kinds = Object.keys(TOKEN_COLUMNS) as OneTimeTokenKind[];
  return kinds.find((kind) => TOKEN_COLUMNS[kind].token === rows[0]?.token_type);
}

/** Makes the codes of a kind that went to an address worthless; the links of the same e-mails stay good. */
export async function voidCode(db: Database, kind: OneTimeTokenKind, email: string): Promise<void> {
  const { token } = TOKEN_COLUMNS[kind];
  await db.query(
    `update auth.users set ${token} = '' where id in (
       select t.user_id from auth.one_time_tokens t where t.token_type = $1 and t.relates_to = $2)`,
    [token, email],
  );
}

/** Makes one pending code of a user worthless. */
export async function clearOneTimeToken(db: Database, userId: string, kind: OneTimeTokenKind): Promise<void> {
  const { token } = TOKEN_COLUMNS[kind];
  await db.query(
    `with cleared as (delete from auth.one_time_tokens where user_id = $1 and token_type = $2)
     update auth.users set ${token} = '' where id = $1`,
    [userId, token],
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
