import { RunnerToken } from '@tradebase/contracts';
import { z } from 'zod';

/** What `connect_runner` and `refresh_runner` answer: all that a token and the answer with it say. */
export const SessionGrant = RunnerToken.omit({ token: true, expires_at: true }).extend({ api_key_id: z.guid() });
export type SessionGrant = z.infer<typeof SessionGrant>;
