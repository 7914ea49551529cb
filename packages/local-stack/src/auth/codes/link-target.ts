import type { AuthServices } from '../auth-services.ts';
import { type PkceChallenge, readPkceChallenge } from '../pkce/pkce-challenge.ts';
import type { RequestFields } from '../requests/request-fields.ts';
import { redirectTarget } from './redirect-target.ts';

/** Where the link of an e-mail leads, and who may use what comes of it. */
export interface LinkTarget {
  readonly redirectTo: string;
  /** With a challenge the link gives a code that is worth something to the client alone that sent the challenge. */
  readonly pkce: PkceChallenge | undefined;
}

export function readLinkTarget(auth: AuthServices, request: Request, fields: RequestFields): LinkTarget {
  return { redirectTo: redirectTarget(auth, request), pkce: readPkceChallenge(fields) };
}
