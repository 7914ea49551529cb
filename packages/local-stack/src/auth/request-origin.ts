import { isIP } from 'node:net';

/** Where a sign-in came from: shown to the user in a list of sessions, never trusted. */
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
