import { Hono } from 'hono';
import { adminDeleteFactor, adminListFactors } from '../admin/admin-factors.ts';
import type { AuthServices } from '../auth-services.ts';
import { challengeFactor } from './challenge-factor.ts';
import { enrollFactor } from './enroll-factor.ts';
import { unenrollFactor } from './unenroll-factor.ts';
import { verifyFactor } from './verify-factor.ts';

/** Second factors: what users do with theirs, and admins with everyone's. */
export function factorRoutes(auth: AuthServices): Hono {
  const app = new Hono();
  app.post('/factors', async (context) => context.json(await enrollFactor(auth, context.req.raw)));
  app.post('/factors/:id/challenge', async (context) =>
    context.json(await challengeFactor(auth, context.req.raw, context.req.param('id'))),
  );
  app.post('/factors/:id/verify', async (context) =>
    context.json(await verifyFactor(auth, context.req.raw, context.req.param('id'))),
  );
  app.delete('/factors/:id', async (context) =>
    context.json(await unenrollFactor(auth, context.req.raw, context.req.param('id'))),
  );
  app.get('/admin/users/:id/factors', async (context) =>
    context.json(await adminListFactors(auth, context.req.param('id'))),
  );
  app.delete('/admin/users/:id/factors/:factorId', async (context) =>
    context.json(await adminDeleteFactor(auth, context.req.param('id'), context.req.param('factorId'))),
  );
  return app;
}
