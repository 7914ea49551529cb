import { Hono } from 'hono';
import type { JWK } from 'jose';
import { adminCreateUser } from './admin/admin-create-user.ts';
import { adminListUsers } from './admin/admin-list-users.ts';
import { adminDeleteUser, adminGetUser, adminUpdateUser } from './admin/admin-user.ts';
import { generateLink } from './admin/generate-link.ts';
import { inviteUser } from './admin/invite-user.ts';
import type { AuthServices } from './auth-services.ts';
import { followEmailLink } from './codes/follow-email-link.ts';
import { verifyOneTimeToken } from './codes/verify-one-time-token.ts';
import { describeSettings } from './describe-settings.ts';
import { resendEmail } from './email/resend-email.ts';
import { sendMagicLink, sendOneTimeCode } from './email/send-magic-link.ts';
import { limitRequests } from './limits/limit-requests.ts';
import { factorRoutes } from './mfa/factor-routes.ts';
import { reauthenticate } from './passwords/reauthenticate.ts';
import { recoverPassword } from './passwords/recover-password.ts';
import { signInWithPassword } from './passwords/sign-in-with-password.ts';
import { exchangeAuthCode } from './pkce/exchange-auth-code.ts';
import { AuthError, notInLocalStack } from './requests/auth-error.ts';
import { authenticate, requireServiceRole } from './sessions/authenticate.ts';
import { refreshSession } from './sessions/refresh-session.ts';
import { signOut } from './sessions/sign-out.ts';
import { signUp } from './users/sign-up.ts';
import { updateOwnUser } from './users/update-own-user.ts';
import { presentUser } from './users/user-record.ts';

/** What hosted Auth serves and this server does not. */
const MISSING = /^\/(admin|authorize|callback|oauth|passkeys|saml|sso|user)(\/|$)/;

const JWKS_MAX_AGE_SECONDS = 600;

/** Which function answers which request. */
export function authRoutes(auth: AuthServices, jwks: { keys: JWK[] }): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    // Nearly every answer is about one user; those that are not say so themselves.
    if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
  });
  if (auth.requestLimits) limitRequests(app, auth.requestLimits);
  app.use('/admin/*', async (context, next) => {
    await requireServiceRole(auth, context.req.raw);
    await next();
  });

  app.get('/health', (context) =>
    context.json({ name: 'GoTrue', version: 'local-stack', description: "Auth of Tradebase's local stack" }),
  );
  app.get('/settings', (context) => context.json(describeSettings(auth)));
  app.get('/.well-known/jwks.json', (context) =>
    context.json(jwks, 200, { 'cache-control': `public, max-age=${JWKS_MAX_AGE_SECONDS}` }),
  );

  app.post('/signup', async (context) => context.json(await signUp(auth, context.req.raw)));
  app.post('/token', async (context) => context.json(await grantToken(auth, context.req.raw)));
  app.post('/logout', async (context) => {
    await signOut(auth, context.req.raw);
    return context.body(null, 204);
  });
  app.get('/user', async (context) => context.json(presentUser((await authenticate(auth, context.req.raw)).user)));
  app.put('/user', async (context) => context.json(await updateOwnUser(auth, context.req.raw)));
  app.get('/reauthenticate', async (context) => context.json(await reauthenticate(auth, context.req.raw)));

  app.get('/verify', async (context) => context.redirect(await followEmailLink(auth, context.req.raw), 303));
  app.post('/verify', async (context) => context.json(await verifyOneTimeToken(auth, context.req.raw)));
  app.post('/recover', async (context) => context.json(await recoverPassword(auth, context.req.raw)));
  app.post('/resend', async (context) => context.json(await resendEmail(auth, context.req.raw)));

  app.route('/', factorRoutes(auth));

  app.post('/otp', async (context) => context.json(await sendOneTimeCode(auth, context.req.raw)));
  app.post('/magiclink', async (context) => context.json(await sendMagicLink(auth, context.req.raw)));
  app.post('/invite', async (context) => {
    await requireServiceRole(auth, context.req.raw);
    return context.json(await inviteUser(auth, context.req.raw));
  });

  app.post('/admin/generate_link', async (context) => context.json(await generateLink(auth, context.req.raw)));
  app.post('/admin/users', async (context) => context.json(await adminCreateUser(auth, context.req.raw)));
  app.get('/admin/users', async (context) => {
    const { body, headers } = await adminListUsers(auth, context.req.raw);
    return context.json(body, 200, headers);
  });
  app.get('/admin/users/:id', async (context) => context.json(await adminGetUser(auth, context.req.param('id'))));
  app.put('/admin/users/:id', async (context) =>
    context.json(await adminUpdateUser(auth, context.req.param('id'), context.req.raw)),
  );
  app.delete('/admin/users/:id', async (context) =>
    context.json(await adminDeleteUser(auth, context.req.param('id'), context.req.raw)),
  );

  app.notFound((context) => {
    const { method, path } = context.req;
    throw MISSING.test(path) ? notInLocalStack(`${method} ${path}`) : new AuthError(404, 'not_found', 'Path not found');
  });
  return app;
}

function grantToken(auth: AuthServices, request: Request) {
  const grantType = new URL(request.url).searchParams.get('grant_type') ?? '';
  switch (grantType) {
    case 'password':
      return signInWithPassword(auth, request);
    case 'refresh_token':
      return refreshSession(auth, request);
    case 'pkce':
      return exchangeAuthCode(auth, request);
    case 'id_token':
    case 'web3':
      throw notInLocalStack(`grant_type=${grantType}`);
    default:
      throw new AuthError(400, 'invalid_credentials', 'unsupported_grant_type');
  }
}
