import type { AuthServices, Database } from '../auth-services.ts';
import type { LinkTarget } from '../codes/link-target.ts';
import type { EmailType } from '../email/word-email.ts';
import { flowMethod } from '../sessions/session-store.ts';
import { insertFlowState } from './flow-state.ts';

/** Remembers the challenge of a client of the PKCE flow, for the time when the link of the e-mail has been followed. */
export async function beginFlow(
  auth: AuthServices,
  tx: Database,
  { userId, type, target }: { userId: string; type: EmailType; target: LinkTarget },
): Promise<void> {
  const method = flowMethod(type);
  if (!target.pkce || !method) return;
  await insertFlowState(tx, { userId, method, pkce: target.pkce, now: auth.now() });
}
