import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { invalid } from '../requests/auth-error.ts';
import { transaction } from '../transaction.ts';
import { authenticate, type Caller } from './authenticate.ts';
import { deleteOtherSessions, deleteSession, deleteSessionsOfUser } from './session-store.ts';

type Scope = 'global' | 'local' | 'others';

/** POST /logout: ends all sessions of the user, this one, or all but this one. */
export async function signOut(auth: AuthServices, request: Request): Promise<void> {
  const caller = await authenticate(auth, request);
  const scope = parseScope(new URL(request.url).searchParams.get('scope') || 'global');
  await transaction(auth.pool, async (tx) => {
    await writeAuditEntry(tx, { actor: caller.user, action: 'logout', now: auth.now() });
    await endSessions(tx, caller, scope);
  });
}

function parseScope(text: string): Scope {
  if (text === 'global' || text === 'local' || text === 'others') return text;
  throw invalid(`Unsupported logout scope ${JSON.stringify(text)}`);
}

function endSessions(tx: Database, { user, session }: Caller, scope: Scope): Promise<void> {
  switch (scope) {
    case 'global':
      return deleteSessionsOfUser(tx, user.id);
    case 'local':
      return deleteSession(tx, session.id);
    case 'others':
      return deleteOtherSessions(tx, user.id, session.id);
  }
}
