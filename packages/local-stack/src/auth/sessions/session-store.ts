import { randomUUID } from 'node:crypto';
import type { Database } from '../auth-services.ts';
import type { RequestOrigin } from '../requests/request-origin.ts';

export interface SessionRecord {
  id: string;
  user_id: string;
  aal: 'aal1' | 'aal2' | 'aal3' | null;
  not_after: Date | null;
  created_at: Date | null;
}

/** How a session was authenticated, as the claims `aal` and `amr` say it. */
export interface SessionAssurance {
  aal: string;
  amr: { method: string; timestamp: number }[];
}

/** What a user proved to get a session. */
export type AuthenticationMethod =
  | 'password'
  | 'otp'
  | 'totp'
  | 'email/signup'
  | 'recovery'
  | 'magiclink'
  | 'email_change';

/** The method of a PKCE flow, by the type of its link; undefined for one that begins no flow. */
export function flowMethod(type: string): AuthenticationMethod | undefined {
  switch (type) {
    case 'signup':
      return 'email/signup';
    case 'recovery':
    case 'magiclink':
    case 'email_change':
      return type;
    default:
      return undefined;
  }
}

export async function insertSession(
  db: Database,
  session: { id: string; userId: string; origin: RequestOrigin; now: Date },
): Promise<void> {
  await db.query(
    `insert into auth.sessions (id, user_id, aal, user_agent, ip, created_at, updated_at)
     values ($1, $2, 'aal1', $3, $4, $5, $5)`,
    [session.id, session.userId, session.origin.userAgent, session.origin.ip, session.now],
  );
}

/** Proved again, a method is as new as if it were the first time. */
export async function insertAuthenticationMethod(
  db: Database,
  sessionId: string,
  method: AuthenticationMethod,
  now: Date,
): Promise<void> {
  await db.query(
    `insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
     values ($1, $2, $3, $4, $4)
     on conflict (session_id, authentication_method) do update set updated_at = excluded.updated_at`,
    [randomUUID(), sessionId, method, now],
  );
}

export async function findSession(db: Database, id: string): Promise<SessionRecord | undefined> {
  const { rows } = await db.query<SessionRecord>(
    'select id, user_id, aal, not_after, created_at from auth.sessions where id = $1',
    [id],
  );
  return rows[0];
}

/** Newest method first. */
export async function readSessionAssurance(db: Database, sessionId: string): Promise<SessionAssurance> {
  const { rows } = await db.query<SessionAssurance>(
    `select coalesce(s.aal::text, 'aal1') as aal, coalesce((
       select jsonb_agg(jsonb_build_object('method', a.authentication_method,
         'timestamp', floor(extract(epoch from a.updated_at))) order by a.updated_at desc)
       from auth.mfa_amr_claims a where a.session_id = s.id), '[]') as amr
     from auth.sessions s where s.id = $1`,
    [sessionId],
  );
  const [assurance] = rows;
  if (!assurance) throw new Error('the session ended while its token was made');
  return assurance;
}

export async function touchSession(db: Database, sessionId: string, origin: RequestOrigin, now: Date): Promise<void> {
  await db.query(
    `update auth.sessions set refreshed_at = $2::timestamptz at time zone 'utc', updated_at = $2, user_agent = $3, ip = $4
     where id = $1`,
    [sessionId, now, origin.userAgent, origin.ip],
  );
}

export async function deleteSession(db: Database, id: string): Promise<void> {
  await db.query('delete from auth.sessions where id = $1', [id]);
}

export async function deleteSessionsOfUser(db: Database, userId: string): Promise<void> {
  await db.query('delete from auth.sessions where user_id = $1', [userId]);
}

export async function deleteOtherSessions(db: Database, userId: string, keptId: string): Promise<void> {
  await db.query('delete from auth.sessions where user_id = $1 and id <> $2', [userId, keptId]);
}
