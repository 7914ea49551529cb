import { createTradebaseClient, type TradebaseClient } from '@tradebase/client';
import { mintToken, type TestStack } from '@tradebase/local-stack/testing';

/** What a runner token says: the runner's session, its owner, and the key with which it connected. */
export interface RunnerClaims {
  readonly sessionId: string;
  readonly userId: string;
  readonly apiKeyId: string;
  readonly permissions: readonly string[];
}

/** A runner token as the function `runner` issues it: of the role of users, with the session as its subject. */
export function mintRunnerToken(stack: TestStack, { sessionId, userId, apiKeyId, permissions }: RunnerClaims) {
  return mintToken(stack.keys, {
    sub: sessionId,
    app_metadata: { user_id: userId, api_key_id: apiKeyId, permissions },
  });
}

/** A client that holds a token which Auth did not issue. */
export function withToken({ apiUrl, keys }: TestStack, token: string): TradebaseClient {
  return createTradebaseClient(apiUrl, keys.publishableKey, { accessToken: async () => token });
}
