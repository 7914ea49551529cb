import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { AuthError, invalid } from '../requests/auth-error.ts';
import { readFields } from '../requests/request-fields.ts';
import { requestOrigin } from '../requests/request-origin.ts';
import { isUuid } from '../requests/uuid.ts';
import { authenticate, type Caller } from '../sessions/authenticate.ts';
import { issueAccessToken } from '../sessions/issue-access-token.ts';
import { presentSession, type SessionResponse } from '../sessions/issue-session.ts';
import { replaceRefreshTokens } from '../sessions/refresh-token-store.ts';
import { reloadCaller } from '../sessions/reload-caller.ts';
import { transaction } from '../transaction.ts';
import { findUserById } from '../users/find-user.ts';
import { askMfaHook } from './ask-mfa-hook.ts';
import { deleteSessionsBelowAal2, raiseToAal2 } from './assurance-store.ts';
import { markChallengeVerified, readLastTimeStep } from './challenge-store.ts';
import type { FactorRecord } from './factor-record.ts';
import { deleteUnverifiedFactors, lockFactorsOfUser, markFactorVerified, readTotpSecret } from './factor-store.ts';
import { requireVerifyEnabled } from './factor-type.ts';
import { openChallenge } from './open-challenge.ts';
import { ownFactor } from './own-factor.ts';
import { matchTimeStep } from './totp.ts';

interface Answer {
  readonly factor: FactorRecord;
  readonly challengeId: string;
  readonly ip: string | null;
  readonly code: string;
}

/**
 * POST /factors/:id/verify: the session, raised to aal2 by a code. The hook is heard before anything is locked, because
 * it may take seconds and refer to the factor; so all is judged again under the lock, where one of two wins.
 */
export async function verifyFactor(auth: AuthServices, request: Request, factorId: string): Promise<SessionResponse> {
  const caller = await authenticate(auth, request);
  const answer = await readAnswer(request, ownFactor(caller.user, factorId));
  const { factor } = answer;
  requireVerifyEnabled(auth, factor.factor_type);
  const now = auth.now();
  await openChallenge(auth.pool, { ...answer, id: answer.challengeId, factorId: factor.id }, now);
  auth.mfaLimits.codes.take(caller.user.id, now);
  const timeStep = await judgeCode(auth.pool, answer, now);
  await askMfaHook(auth, { userId: caller.user.id, factor, valid: timeStep !== undefined });
  if (timeStep === undefined) throw wrongCode();
  const response = await transaction(auth.pool, async (tx) => {
    await lockFactorsOfUser(tx, caller.user.id);
    return accept(auth, tx, await reloadCaller(tx, caller), answer);
  });
  auth.mfaLimits.codes.giveBack(caller.user.id, now);
  return response;
}

async function readAnswer(request: Request, factor: FactorRecord): Promise<Answer> {
  const fields = await readFields(request);
  const code = fields.text('code') ?? '';
  if (code === '') throw invalid('Code needs to be non-empty');
  const challengeId = fields.text('challenge_id');
  if (!isUuid(challengeId)) throw invalid('challenge_id must be an UUID');
  return { factor, challengeId, code, ip: requestOrigin(request).ip };
}

/** The time step of a good code; undefined when it is wrong, or no newer than one that was accepted before. */
async function judgeCode(db: Database, { factor, code }: Answer, now: Date): Promise<number | undefined> {
  const timeStep = matchTimeStep(await readTotpSecret(db, factor.id), code, now);
  const fresh = timeStep !== undefined && timeStep > (await readLastTimeStep(db, factor.id));
  return fresh ? timeStep : undefined;
}

function wrongCode(): AuthError {
  return new AuthError(422, 'mfa_verification_failed', 'Invalid TOTP code entered');
}

async function accept(auth: AuthServices, tx: Database, caller: Caller, answer: Answer): Promise<SessionResponse> {
  const now = auth.now();
  const { id: userId } = caller.user;
  const { id: sessionId } = caller.session;
  const factor = ownFactor(caller.user, answer.factor.id);
  const challenge = await openChallenge(tx, { ...answer, id: answer.challengeId, factorId: factor.id }, now);
  const timeStep = await judgeCode(tx, answer, now);
  if (timeStep === undefined) throw wrongCode();
  const traits = { factor_id: factor.id, challenge_id: challenge.id, factor_type: factor.factor_type };
  await writeAuditEntry(tx, { actor: caller.user, action: 'verification_attempted', traits, now });
  await markChallengeVerified(tx, { id: challenge.id, timeStep, now });
  await markFactorVerified(tx, factor.id, now);
  await raiseToAal2(tx, { sessionId, factorId: factor.id, now });
  const refreshToken = await replaceRefreshTokens(tx, { userId, sessionId, now });
  await deleteSessionsBelowAal2(tx, userId);
  await deleteUnverifiedFactors(tx, userId, factor.factor_type);
  const user = (await findUserById(tx, userId)) ?? caller.user;
  const accessToken = await issueAccessToken(auth, tx, { user, sessionId, method: 'totp' });
  return presentSession(auth, accessToken, refreshToken, user);
}
