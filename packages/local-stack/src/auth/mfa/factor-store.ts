import type { Database } from '../auth-services.ts';
import type { FactorType } from './factor-record.ts';

/** How long a factor that nobody has tried to verify waits, and how long one that somebody has; hosted Auth's times. */
const UNTRIED_LIFETIME_MS = 300_000;
const UNVERIFIED_LIFETIME_MS = 24 * 3600_000;

/**
 * Waits for whoever else changes the user's factors, and keeps others waiting until the transaction ends. What was read
 * before must be read again. Foreign keys to the user are not kept waiting.
 */
export async function lockFactorsOfUser(db: Database, userId: string): Promise<void> {
  await db.query('select from auth.users where id = $1 for no key update', [userId]);
}

export async function insertTotpFactor(
  db: Database,
  factor: { id: string; userId: string; friendlyName: string; secret: string; now: Date },
): Promise<void> {
  await db.query(
    `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret, created_at, updated_at)
     values ($1, $2, $3, 'totp', 'unverified', $4, $5, $5)`,
    [factor.id, factor.userId, factor.friendlyName, factor.secret, factor.now],
  );
}

/** The key of a TOTP factor in base 32, for the check of a code alone. */
export async function readTotpSecret(db: Database, factorId: string): Promise<string> {
  const { rows } = await db.query<{ secret: string | null }>('select secret from auth.mfa_factors where id = $1', [
    factorId,
  ]);
  return rows[0]?.secret ?? '';
}

export async function markFactorVerified(db: Database, factorId: string, now: Date): Promise<void> {
  await db.query(
    `update auth.mfa_factors set status = 'verified', updated_at = $2 where id = $1 and status <> 'verified'`,
    [factorId, now],
  );
}

/** Its challenges go with it. */
export async function deleteFactor(db: Database, factorId: string): Promise<void> {
  await db.query('delete from auth.mfa_factors where id = $1', [factorId]);
}

/** Forgets enrolments that were never finished, so that their names and places are free again. */
export async function deleteStaleFactors(db: Database, userId: string, now: Date): Promise<void> {
  await db.query(
    `delete from auth.mfa_factors f where f.user_id = $1 and f.status <> 'verified' and (f.created_at < $3
       or f.created_at < $2 and not exists (select from auth.mfa_challenges c where c.factor_id = f.id))`,
    [userId, new Date(now.getTime() - UNTRIED_LIFETIME_MS), new Date(now.getTime() - UNVERIFIED_LIFETIME_MS)],
  );
}

/** Ends the other enrolments under way, once one factor of the type is proved. */
export async function deleteUnverifiedFactors(db: Database, userId: string, type: FactorType): Promise<void> {
  await db.query(`delete from auth.mfa_factors where user_id = $1 and factor_type = $2 and status = 'unverified'`, [
    userId,
    type,
  ]);
}
