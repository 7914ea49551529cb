import type { ServerResponse } from 'node:http';

/** Every method that a service behind the gateway knows. */
export const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS'];

/** Headers that let a page of any origin call the stack, as hosted does: the keys, not the origin, decide. */
const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': METHODS.join(','),
  'access-control-allow-headers':
    'authorization,apikey,content-type,prefer,range,range-unit,accept-profile,content-profile,x-client-info,x-supabase-api-version,x-request-id,x-region',
  'access-control-expose-headers':
    'content-range,content-profile,link,location,x-total-count,x-supabase-api-version,x-request-id,server-timing,retry-after,preference-applied',
  'access-control-max-age': '3600',
} as const;

export function setCorsHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(CORS_HEADERS)) response.setHeader(name, value);
}
