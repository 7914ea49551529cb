import { html } from 'hono/html';
import type { OutgoingEmail } from './outbox.ts';

/** No script runs on the page and no other page may frame it: it shows codes that sign people in. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The outbox as a page for a developer at /inbox, or as JSON for programs at /inbox.json. */
export async function inboxPage(request: Request, emails: readonly OutgoingEmail[]): Promise<Response> {
  if (request.method !== 'GET') return new Response(null, { status: 405, headers: { allow: 'GET' } });
  if (isForeign(request)) return new Response(null, { status: 403, headers: HEADERS });
  if (new URL(request.url).pathname.endsWith('.json')) return Response.json(emails, { headers: HEADERS });
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Inbox of the local stack</title>
        <style>
          body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
          article { border: 1px solid #ccc; border-radius: 6px; margin: 1rem 0; padding: 0.5rem 1rem; }
          h2 { font-size: 1.1rem; margin: 0.25rem 0; }
          pre { white-space: pre-wrap; overflow-wrap: anywhere; }
          code { font-size: 1.2em; }
        </style>
      </head>
      <body>
        <h1>Inbox</h1>
        ${emails.length === 0 ? html`<p>No e-mail has been sent since the stack started.</p>` : ''}
        ${emails.map(article)}
      </body>
    </html>`;
  return new Response(String(page), { headers: { ...HEADERS, 'content-type': 'text/html; charset=utf-8' } });
}

/** Whether a page of another origin asks: with CORS open to all, it could read the codes. */
function isForeign(request: Request): boolean {
  const origin = request.headers.get('origin');
  return origin !== null && origin !== new URL(request.url).origin;
}

function article(email: OutgoingEmail) {
  return html`<article>
    <h2>${email.subject}</h2>
    <p>To ${email.to}, from ${email.from}, <time>${email.sent_at}</time></p>
    ${email.otp ? html`<p>Code <code>${email.otp}</code></p>` : ''}
    ${email.link ? html`<p><a href="${email.link}">Follow the link</a></p>` : ''}
    <pre>${email.text}</pre>
  </article>`;
}
