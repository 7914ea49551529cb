import { mintToken, type StackAddress } from '@tradebase/local-stack/testing';

/** What a runner token says: the runner's session, its owner, and the key with which it connected. */
export interface RunnerClaims {
  readonly sessionId: string;
  readonly userId: string;
  readonly apiKeyId: string;
  readonly permissions: readonly string[];
  /** How often the session has connected; 1 unless it says otherwise. */
  readonly epoch?: number;
}

/** A runner token as the function `runner` issues it: of the role of users, with the session as its subject. */
export function mintRunnerToken(
  stack: StackAddress,
  { sessionId, userId, apiKeyId, permissions, epoch = 1 }: RunnerClaims,
) {
  return mintToken(stack.keys, {
    sub: sessionId,
    app_metadata: { user_id: userId, api_key_id: apiKeyId, permissions, epoch },
  });
}
