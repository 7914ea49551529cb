import { randomInt } from 'node:crypto';
import type { Database } from '../auth-services.ts';
import { INSTANCE_ID } from '../users/instance-id.ts';
import type { SessionRecord } from './session-store.ts';

export interface RefreshTokenRecord {
  token: string;
  parent: string | null;
  revoked: boolean;
  /** When it was revoked, once it is. */
  updated_at: Date;
}

/** The form of hosted Auth's stored refresh tokens. */
const LENGTH = 12;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

export function newRefreshToken(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

export function isRefreshToken(text: string): boolean {
  return /^[a-z0-9]{12}$/.test(text);
}

export async function insertRefreshToken(
  db: Database,
  token: { token: string; parent: string; userId: string; sessionId: string; now: Date },
): Promise<void> {
  await db.query(
    `insert into auth.refresh_tokens (instance_id, token, parent, user_id, session_id, revoked, created_at, updated_at)
     values ($6, $1, $2, $3, $4, false, $5, $5)`,
    [token.token, token.parent, token.userId, token.sessionId, token.now, INSTANCE_ID],
  );
}

/**
 * Locks the session of a token until the transaction ends. Whoever waited here must read the token afterwards: the row
 * that this query saw may be older than the lock.
 */
export async function lockSessionOfToken(db: Database, token: string): Promise<SessionRecord | undefined> {
  const { rows } = await db.query<SessionRecord>(
    `select s.id, s.user_id, s.aal, s.not_after, s.created_at
     from auth.sessions s join auth.refresh_tokens t on t.session_id = s.id
     where t.token = $1 for update of s`,
    [token],
  );
  return rows[0];
}

export async function findRefreshToken(db: Database, token: string): Promise<RefreshTokenRecord | undefined> {
  const { rows } = await db.query<RefreshTokenRecord>(
    'select token, parent, revoked, updated_at from auth.refresh_tokens where token = $1',
    [token],
  );
  return rows[0];
}

/** The token that the session goes on with. */
export async function findActiveRefreshToken(db: Database, sessionId: string): Promise<RefreshTokenRecord | undefined> {
  const { rows } = await db.query<RefreshTokenRecord>(
    `select token, parent, revoked, updated_at from auth.refresh_tokens
     where session_id = $1 and not revoked order by id desc limit 1`,
    [sessionId],
  );
  return rows[0];
}

export async function revokeRefreshToken(db: Database, token: string, now: Date): Promise<void> {
  await db.query('update auth.refresh_tokens set revoked = true, updated_at = $2 where token = $1', [token, now]);
}

/**
 * A token that replaces all others of a session. They count as used long ago, beyond any reuse interval: whoever holds
 * one, from before the session was raised, must not get the raised session for it. The session must be locked.
 */
export async function replaceRefreshTokens(
  db: Database,
  session: { userId: string; sessionId: string; now: Date },
): Promise<string> {
  const token = newRefreshToken();
  await db.query(`update auth.refresh_tokens set revoked = true, updated_at = 'epoch' where session_id = $1`, [
    session.sessionId,
  ]);
  await insertRefreshToken(db, { ...session, token, parent: '' });
  return token;
}
