import { createMiddleware } from 'hono/factory';
import { clientAddress } from './client-address.ts';
import type { RequestEnv } from './request-env.ts';

/** An id given by a caller is kept only in this form, so that it cannot forge log lines. */
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/**
 * Gives each request an id, puts `x-request-id` and `server-timing` on the response, and writes one JSON line about it:
 * never a query, a token or a body.
 */
export function logRequest(functionName: string) {
  return createMiddleware<RequestEnv>(async (c, next) => {
    const started = performance.now();
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID();
    c.set('requestId', requestId);
    c.set('timings', {});
    await next();
    const ms = performance.now() - started;
    c.header('x-request-id', requestId);
    c.header('server-timing', serverTiming({ ...c.get('timings'), total: ms }));
    console.log(
      JSON.stringify({
        level: 'info',
        function: functionName,
        method: c.req.method,
        path: c.req.path,
        status: c.res.status,
        ms: Math.round(ms * 100) / 100,
        request_id: requestId,
        // An audit entry written through a function has the function's address: its request id leads to this one.
        ip: clientAddress(c.req.raw),
        user_id: c.get('userId') ?? null,
      }),
    );
  });
}

function serverTiming(timings: Record<string, number>): string {
  return Object.entries(timings)
    .map(([part, ms]) => `${part};dur=${ms.toFixed(2)}`)
    .join(', ');
}
