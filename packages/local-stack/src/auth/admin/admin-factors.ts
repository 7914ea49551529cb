import { SERVICE_ACTOR, writeAuditEntry } from '../audit-log.ts';
import type { AuthServices } from '../auth-services.ts';
import { lowerSessionsOfFactor } from '../mfa/assurance-store.ts';
import { presentFactor } from '../mfa/factor-record.ts';
import { deleteFactor, lockFactorsOfUser } from '../mfa/factor-store.ts';
import { ownFactor } from '../mfa/own-factor.ts';
import type { JsonObject } from '../requests/request-fields.ts';
import { transaction } from '../transaction.ts';
import { loadUser } from './admin-user.ts';

/** GET /admin/users/:id/factors */
export async function adminListFactors(auth: AuthServices, userId: string): Promise<JsonObject[]> {
  return (await loadUser(auth.pool, userId)).factors.map(presentFactor);
}

/** DELETE /admin/users/:id/factors/:fid, for a user who has lost the device. Answers with what was deleted. */
export async function adminDeleteFactor(auth: AuthServices, userId: string, factorId: string): Promise<JsonObject> {
  const { id } = await loadUser(auth.pool, userId);
  return transaction(auth.pool, async (tx) => {
    await lockFactorsOfUser(tx, id);
    const factor = ownFactor(await loadUser(tx, id), factorId);
    const now = auth.now();
    const traits = { user_id: id, factor_id: factor.id };
    await writeAuditEntry(tx, { actor: SERVICE_ACTOR, action: 'factor_deleted', traits, now });
    await deleteFactor(tx, factor.id);
    await lowerSessionsOfFactor(tx, factor.id, now);
    return presentFactor(factor);
  });
}
