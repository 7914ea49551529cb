import { randomUUID } from 'node:crypto';
import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices } from '../auth-services.ts';
import type { JsonObject } from '../requests/request-fields.ts';
import { requestOrigin } from '../requests/request-origin.ts';
import { authenticate } from '../sessions/authenticate.ts';
import { transaction } from '../transaction.ts';
import { insertChallenge } from './challenge-store.ts';
import { requireVerifyEnabled } from './factor-type.ts';
import { factorNotFound, ownFactor } from './own-factor.ts';

/** How long the user has to type a code. */
export const CHALLENGE_LIFETIME_MS = 300_000;

/** POST /factors/:id/challenge: leave to prove the factor, once, from the same address. */
export async function challengeFactor(auth: AuthServices, request: Request, factorId: string): Promise<JsonObject> {
  const { user } = await authenticate(auth, request);
  const factor = ownFactor(user, factorId);
  const now = auth.now();
  auth.mfaLimits.challenges.take(user.id, now);
  requireVerifyEnabled(auth, factor.factor_type);
  const id = randomUUID();
  await transaction(auth.pool, async (tx) => {
    const { ip } = requestOrigin(request);
    if (!(await insertChallenge(tx, { id, factorId: factor.id, ip, now }))) throw factorNotFound();
    const traits = { factor_id: factor.id, factor_status: factor.status };
    await writeAuditEntry(tx, { actor: user, action: 'challenge_created', traits, now });
  });
  return { id, type: factor.factor_type, expires_at: Math.floor((now.getTime() + CHALLENGE_LIFETIME_MS) / 1000) };
}
