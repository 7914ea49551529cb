import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { AuthError } from '../requests/auth-error.ts';
import type { JsonObject } from '../requests/request-fields.ts';
import { authenticate, type Caller } from '../sessions/authenticate.ts';
import { reloadCaller } from '../sessions/reload-caller.ts';
import { transaction } from '../transaction.ts';
import { lowerSessionsOfFactor } from './assurance-store.ts';
import { deleteFactor, lockFactorsOfUser } from './factor-store.ts';
import { ownFactor } from './own-factor.ts';

/** DELETE /factors/:id. Sessions that it had raised go on at aal1. */
export async function unenrollFactor(auth: AuthServices, request: Request, factorId: string): Promise<JsonObject> {
  const caller = await authenticate(auth, request);
  return transaction(auth.pool, async (tx) => {
    await lockFactorsOfUser(tx, caller.user.id);
    return unenroll(tx, await reloadCaller(tx, caller), factorId, auth.now());
  });
}

async function unenroll(tx: Database, { user, session }: Caller, factorId: string, now: Date): Promise<JsonObject> {
  const factor = ownFactor(user, factorId);
  if (factor.status === 'verified' && session.aal !== 'aal2') {
    throw new AuthError(422, 'insufficient_aal', 'AAL2 required to unenroll verified factor');
  }
  await deleteFactor(tx, factor.id);
  const traits = { factor_id: factor.id, factor_status: factor.status, session_id: session.id };
  await writeAuditEntry(tx, { actor: user, action: 'factor_unenrolled', traits, now });
  await lowerSessionsOfFactor(tx, factor.id, now);
  return { id: factor.id };
}
