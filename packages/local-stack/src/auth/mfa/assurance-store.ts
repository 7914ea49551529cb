import type { Database } from '../auth-services.ts';
import { insertAuthenticationMethod } from '../sessions/session-store.ts';

/** A session whose user has just proved a TOTP factor. Locks the session. */
export async function raiseToAal2(
  db: Database,
  raised: { sessionId: string; factorId: string; now: Date },
): Promise<void> {
  await db.query(`update auth.sessions set aal = 'aal2', factor_id = $2, updated_at = $3 where id = $1`, [
    raised.sessionId,
    raised.factorId,
    raised.now,
  ]);
  await insertAuthenticationMethod(db, raised.sessionId, 'totp', raised.now);
}

/** Takes the second factor from the sessions that were raised by it, for it is no more. */
export async function lowerSessionsOfFactor(db: Database, factorId: string, now: Date): Promise<void> {
  await db.query(
    `with lowered as (
       update auth.sessions set aal = 'aal1', factor_id = null, updated_at = $2 where factor_id = $1 returning id)
     delete from auth.mfa_amr_claims a using lowered
     where a.session_id = lowered.id and a.authentication_method = 'totp'`,
    [factorId, now],
  );
}

export async function deleteSessionsBelowAal2(db: Database, userId: string): Promise<void> {
  await db.query(`delete from auth.sessions where user_id = $1 and aal < 'aal2'`, [userId]);
}
