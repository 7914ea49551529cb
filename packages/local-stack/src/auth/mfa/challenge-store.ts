import type { Database } from '../auth-services.ts';

export interface ChallengeRecord {
  id: string;
  created_at: Date;
  verified_at: Date | null;
  /** Whether the request comes from the address that asked for the challenge. */
  same_address: boolean;
}

/** When hosted Auth too clears challenges away. */
const KEPT_MS = 24 * 3600_000;

/** What stands for an address that is not known; the column takes no null. */
const NO_ADDRESS = '0.0.0.0';

let inserted = 0;

/** Writes a challenge; false when its factor is gone. */
export async function insertChallenge(
  db: Database,
  challenge: { id: string; factorId: string; ip: string | null; now: Date },
): Promise<boolean> {
  const { id, factorId, ip, now } = challenge;
  // last_challenged_at is unique among all factors, and our clock counts milliseconds: the rest tells them apart.
  inserted = (inserted + 1) % 1000;
  const { rowCount } = await db.query(
    `update auth.mfa_factors set last_challenged_at = $2::timestamptz + make_interval(secs => $3::integer / 1e6)
     where id = $1`,
    [factorId, now, inserted],
  );
  if (rowCount === 0) return false;
  await db.query('delete from auth.mfa_challenges where factor_id = $1 and created_at < $2', [
    factorId,
    new Date(now.getTime() - KEPT_MS),
  ]);
  await db.query('insert into auth.mfa_challenges (id, factor_id, ip_address, created_at) values ($1, $2, $3, $4)', [
    id,
    factorId,
    ip ?? NO_ADDRESS,
    now,
  ]);
  return true;
}

/** A challenge of this factor, as seen from an address. */
export async function findChallenge(
  db: Database,
  wanted: { id: string; factorId: string; ip: string | null },
): Promise<ChallengeRecord | undefined> {
  const { rows } = await db.query<ChallengeRecord>(
    `select id, created_at, verified_at, ip_address = $3::inet as same_address
     from auth.mfa_challenges where id = $1 and factor_id = $2`,
    [wanted.id, wanted.factorId, wanted.ip ?? NO_ADDRESS],
  );
  return rows[0];
}

/**
 * Closes a challenge, and notes in `otp_code`, which hosted Auth leaves empty for TOTP, the time step of the code that
 * was accepted: this and older codes must not be accepted again, not even after a restart.
 */
export async function markChallengeVerified(
  db: Database,
  challenge: { id: string; timeStep: number; now: Date },
): Promise<void> {
  await db.query('update auth.mfa_challenges set verified_at = $3, otp_code = $2::bigint::text where id = $1', [
    challenge.id,
    challenge.timeStep,
    challenge.now,
  ]);
}

/** The newest time step whose code was accepted; -1 when none was, or long ago. */
export async function readLastTimeStep(db: Database, factorId: string): Promise<number> {
  const { rows } = await db.query<{ step: number }>(
    `select coalesce(max(otp_code::bigint), -1)::float8 as step
     from auth.mfa_challenges where factor_id = $1 and verified_at is not null`,
    [factorId],
  );
  return rows[0]?.step ?? -1;
}

export async function deleteChallenge(db: Database, id: string): Promise<void> {
  await db.query('delete from auth.mfa_challenges where id = $1', [id]);
}
