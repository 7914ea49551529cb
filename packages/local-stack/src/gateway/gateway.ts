import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { createJwtCheck } from '../functions/check-jwt.ts';
import type { StackContext } from '../stack-context.ts';
import { answerStarting } from './answer-starting.ts';
import { METHODS, setCorsHeaders } from './cors.ts';
import { lacksWhere } from './missing-where.ts';
import { proxy } from './proxy.ts';
import { type AcceptedCredentials, createCredentialResolver } from './resolve-credentials.ts';
import { sendError } from './send-error.ts';
import { serveFetch } from './serve-fetch.ts';
import { statusPage } from './status-page.ts';

/** The services behind the gateway. Paths reach them without their prefix. */
export interface GatewayServices {
  auth: { handle(request: Request): Promise<Response>; inbox(request: Request): Promise<Response> };
  realtime: {
    handle(request: Request): Promise<Response>;
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
    summary(): string;
  };
  rest: { socketPath(): string };
  /** Absent where a stack was started without functions. */
  functions?: { socketPath(): string };
}

/** Paths of Auth that carry their own proof, or are public, and so need no API key. */
const OPEN_AUTH_PATHS = ['/verify', '/.well-known/jwks.json', '/health'];

/** Services of hosted Supabase that are not here. */
const ABSENT_SERVICES = new Set(['/storage/v1', '/graphql/v1']);

/** Names under which a browser on this machine reaches the gateway; another one is an attempt at DNS rebinding. */
const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Attaches the stack's one front door to an HTTP server: routing by Supabase's paths, API keys, CORS. */
export function attachGateway(server: Server, context: StackContext, services: GatewayServices): void {
  const checkJwt = createJwtCheck(context);
  const resolveCredentials = createCredentialResolver(context.keys, context.verifyToken);

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!METHODS.includes(request.method ?? '')) {
      response.setHeader('allow', METHODS.join(', '));
      sendError(response, 405, 'method_not_allowed', `${request.method} is not served`);
      return;
    }
    const url = addressOf(request, context.apiUrl);
    if (!url) {
      sendError(response, 400, 'bad_request', 'the address is malformed');
      return;
    }
    const { prefix, rest } = splitPath(url.pathname);
    if (prefix === '') {
      await toDeveloper(request, response, url);
      return;
    }
    setCorsHeaders(response);
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    if (prefix === '/functions/v1' && services.functions) {
      const refusal = await checkJwt(rest.split('/')[1] ?? '', request.headers);
      if (refusal) {
        sendError(response, 401, refusal.code, refusal.message);
        return;
      }
      // Functions see the keys as they were sent: they authenticate by themselves.
      proxy(request, response, {
        socketPath: services.functions.socketPath(),
        path: rest + url.search,
        service: 'functions',
      });
      return;
    }
    if (prefix === '/rest/v1' || prefix === '/auth/v1' || prefix === '/realtime/v1') {
      const open = prefix === '/auth/v1' && OPEN_AUTH_PATHS.includes(rest);
      const credentials = open ? undefined : await resolveCredentials(request, url);
      if (credentials && 'refused' in credentials) {
        sendError(response, 401, 'invalid_api_key', credentials.refused);
        return;
      }
      if (prefix === '/rest/v1') {
        toRest(request, response, url, rest, credentials);
        return;
      }
      const service = prefix === '/auth/v1' ? services.auth : services.realtime;
      await serveFetch(request, response, {
        handle: (forwarded) => service.handle(forwarded),
        url: context.apiUrl + rest + url.search,
        authorization: credentials ? `Bearer ${credentials.token}` : null,
      });
      return;
    }
    if (ABSENT_SERVICES.has(prefix)) {
      sendError(response, 501, 'not_in_local_stack', `the local stack has nothing at ${prefix}; hosted Supabase has`);
      return;
    }
    sendError(response, 404, 'not_found', `nothing is served at ${url.pathname}`);
  }

  /** Pages for the developer at this machine. E-mails hold sign-in codes: no CORS, and no other name for this host. */
  async function toDeveloper(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (!LOOPBACK_HOSTS.has(URL.parse(`http://${request.headers.host}`)?.hostname ?? '')) {
      sendError(response, 403, 'forbidden', 'these pages are for 127.0.0.1 and localhost only');
    } else if (/^\/inbox(\.json)?$/.test(url.pathname)) {
      await serveFetch(request, response, {
        handle: (forwarded) => services.auth.inbox(forwarded),
        url: url.href,
        authorization: null,
      });
    } else if (url.pathname === '/') {
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(statusPage(context, services.realtime.summary()));
    } else {
      sendError(response, 404, 'not_found', `nothing is served at ${url.pathname}`);
    }
  }

  function toRest(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    path: string,
    credentials: AcceptedCredentials | undefined,
  ): void {
    if (credentials?.invalid !== undefined) {
      // In PostgREST's words, which clients know.
      response.setHeader(
        'www-authenticate',
        `Bearer error="invalid_token", error_description="${credentials.invalid}"`,
      );
      sendError(response, 401, 'PGRST301', credentials.invalid);
      return;
    }
    if (lacksWhere(request.method, path, url.searchParams)) {
      const verb = request.method === 'PATCH' ? 'UPDATE' : 'DELETE';
      sendError(response, 400, '21000', `${verb} requires a WHERE clause`);
      return;
    }
    url.searchParams.delete('apikey');
    proxy(request, response, {
      socketPath: services.rest.socketPath(),
      path: path + url.search,
      authorization: `Bearer ${credentials?.token}`,
      service: 'rest',
    });
  }

  server.off('request', answerStarting);
  server.on('request', (request, response) => {
    route(request, response).catch((error: unknown) => {
      context.log(
        'gateway',
        `${request.method} ${request.url?.split('?')[0]}: ${error instanceof Error ? error.stack : error}`,
      );
      sendError(response, 500, 'internal_error', 'the gateway failed; its log says why');
    });
  });
  server.on('upgrade', (request, socket, head) => {
    const url = addressOf(request, context.apiUrl);
    const { prefix, rest } = splitPath(url?.pathname ?? '');
    if (prefix !== '/realtime/v1') {
      refuseSocket(socket, 404);
      return;
    }
    request.url = rest + (url?.search ?? '');
    services.realtime.upgrade(request, socket, head);
  });
  server.on('connect', (_request, socket) => refuseSocket(socket, 405));
}

/** Answers on a connection that Node has handed over, and ends it. */
function refuseSocket(socket: Duplex, status: 404 | 405): void {
  socket.on('error', () => {});
  // A client that does not close its half would keep the server from ever closing.
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n\r\n`, () => socket.destroy());
}

/** The address that a request asks for; undefined when it is none, for a client may write there what it likes. */
function addressOf(request: IncomingMessage, apiUrl: string): URL | undefined {
  return request.url?.startsWith('/') ? (URL.parse(apiUrl + request.url) ?? undefined) : undefined;
}

/** `/rest/v1/candles` becomes `/rest/v1` and `/candles`. */
function splitPath(path: string): { prefix: string; rest: string } {
  const match = /^(\/[a-z]+\/v1)(\/.*)?$/.exec(path);
  return { prefix: match?.[1] ?? '', rest: match?.[2] ?? '/' };
}
