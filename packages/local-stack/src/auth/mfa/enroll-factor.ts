import { randomUUID } from 'node:crypto';
import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices } from '../auth-services.ts';
import { AuthError, invalid } from '../requests/auth-error.ts';
import { type JsonObject, readFields } from '../requests/request-fields.ts';
import { authenticate, type Caller } from '../sessions/authenticate.ts';
import { reloadCaller } from '../sessions/reload-caller.ts';
import { transaction } from '../transaction.ts';
import { hasVerifiedFactor } from './factor-record.ts';
import { deleteStaleFactors, insertTotpFactor, lockFactorsOfUser } from './factor-store.ts';
import { requireEnrollEnabled } from './factor-type.ts';
import { newTotpKey } from './totp.ts';

const MAX_NAME_LENGTH = 255;

/** POST /factors: a new TOTP factor, unverified, and the only answer that ever has its secret. */
export async function enrollFactor(auth: AuthServices, request: Request): Promise<JsonObject> {
  const caller = await authenticate(auth, request);
  const fields = await readFields(request);
  requireEnrollEnabled(auth, fields.text('factor_type'));
  const name = fields.text('friendly_name') ?? '';
  if (name.length > MAX_NAME_LENGTH) throw invalid(`friendly_name has at most ${MAX_NAME_LENGTH} characters`);
  const key = newTotpKey(fields.text('issuer') || new URL(auth.config.siteUrl).host, caller.user.email ?? '');
  const id = randomUUID();
  const now = auth.now();
  await transaction(auth.pool, async (tx) => {
    await lockFactorsOfUser(tx, caller.user.id);
    await deleteStaleFactors(tx, caller.user.id, now);
    checkRoom(auth, await reloadCaller(tx, caller), name);
    await insertTotpFactor(tx, { id, userId: caller.user.id, friendlyName: name, secret: key.secret, now });
    await writeAuditEntry(tx, { actor: caller.user, action: 'factor_in_progress', traits: { factor_id: id }, now });
  });
  return {
    id,
    type: 'totp',
    friendly_name: name,
    totp: { qr_code: key.qrCode, secret: key.secret, uri: key.uri },
  };
}

/** As on hosted, a factor without a name keeps others from having none. */
function checkRoom(auth: AuthServices, { user, session }: Caller, name: string): void {
  if (user.factors.some((factor) => (factor.friendly_name ?? '') === name)) {
    const message = `A factor with the friendly name ${JSON.stringify(name)} for this user already exists`;
    throw new AuthError(422, 'mfa_factor_name_conflict', message);
  }
  if (user.factors.length >= auth.config.mfa.maxEnrolledFactors) {
    const message = 'Maximum number of verified factors reached, unenroll to continue';
    throw new AuthError(422, 'too_many_enrolled_mfa_factors', message);
  }
  // Else the password alone would be enough to add a factor, and with it to get past the others.
  if (hasVerifiedFactor(user) && session.aal !== 'aal2') {
    throw new AuthError(403, 'insufficient_aal', 'AAL2 required to enroll a new factor');
  }
}
