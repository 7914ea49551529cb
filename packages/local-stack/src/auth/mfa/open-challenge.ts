import type { Database } from '../auth-services.ts';
import { AuthError } from '../requests/auth-error.ts';
import { CHALLENGE_LIFETIME_MS } from './challenge-factor.ts';
import { type ChallengeRecord, deleteChallenge, findChallenge } from './challenge-store.ts';

/** A challenge that may still be answered from an address. Refuses it in hosted Auth's words otherwise. */
export async function openChallenge(
  db: Database,
  wanted: { id: string; factorId: string; ip: string | null },
  now: Date,
): Promise<ChallengeRecord> {
  const challenge = await findChallenge(db, wanted);
  if (!challenge) {
    throw new AuthError(422, 'mfa_factor_not_found', 'MFA factor with the provided challenge ID not found');
  }
  // One that has been answered gets the same answer on hosted.
  if (challenge.verified_at || !challenge.same_address) {
    throw new AuthError(422, 'mfa_ip_address_mismatch', 'Challenge and verify IP addresses mismatch.');
  }
  if (challenge.created_at.getTime() + CHALLENGE_LIFETIME_MS < now.getTime()) {
    await deleteChallenge(db, challenge.id);
    const message = `MFA challenge ${challenge.id} has expired, verify against another challenge or create a new challenge.`;
    throw new AuthError(422, 'mfa_challenge_expired', message);
  }
  return challenge;
}
