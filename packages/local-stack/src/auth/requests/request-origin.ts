import { isIP } from 'node:net';

/**
 * Where a request came from. The gateway writes x-forwarded-for anew with the address of its peer, whatever the client
 * claims there; what it says of itself as a browser is for the list of sessions only.
 */
export interface RequestOrigin {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

const MAX_USER_AGENT_LENGTH = 512;

export function requestOrigin(request: Request): RequestOrigin {
  const ip = request.headers.get('x-forwarded-for')?.split(',')[0]?.trim() ?? '';
  const userAgent = request.headers.get('user-agent')?.slice(0, MAX_USER_AGENT_LENGTH);
  return { ip: isIP(ip) ? ip : null, userAgent: userAgent || null };
}
