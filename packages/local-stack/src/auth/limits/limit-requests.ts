import type { Hono } from 'hono';
import type { LimitedRequest, RequestLimits } from './request-limits.ts';

/** Paths that strangers may try things at, whatever the method. */
const PATHS: Record<string, LimitedRequest> = {
  '/token': 'token',
  '/verify': 'verify',
  '/signup': 'signup',
  '/otp': 'otp',
  '/magiclink': 'magiclink',
  '/recover': 'recover',
  '/resend': 'resend',
  '/factors/:id/challenge': 'factor_challenge',
  '/factors/:id/verify': 'factor_verify',
};

/** Counts requests before anything else is done for them. */
export function limitRequests(app: Hono, limits: RequestLimits): void {
  for (const [path, name] of Object.entries(PATHS)) {
    app.use(path, async (context, next) => {
      limits.count(name, context.req.raw);
      await next();
    });
  }
  // Reading oneself is free.
  app.put('/user', async (context, next) => {
    limits.count('user', context.req.raw);
    await next();
  });
}
