import type { AuthServices } from './auth-services.ts';
import { redirectTarget } from './redirect-target.ts';
import { refusePkce } from './refuse-pkce.ts';
import type { RequestFields } from './request-fields.ts';

/** Where the link of an e-mail leads. */
export interface LinkTarget {
  readonly redirectTo: string;
}

export function readLinkTarget(auth: AuthServices, request: Request, fields: RequestFields): LinkTarget {
  refusePkce(fields);
  return { redirectTo: redirectTarget(auth, request) };
}
