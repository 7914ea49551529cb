import {
  Agent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { sendError } from './send-error.ts';

/** Largest request body that is passed on. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
const UPSTREAM_TIMEOUT_MS = 150_000;
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Request ids that are passed on. PostgREST answers a plain 500 to one that is not UTF-8; functions keep no other. */
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

const agent = new Agent({ keepAlive: true, maxSockets: 128, maxFreeSockets: 32 });

export interface ProxyTarget {
  readonly socketPath: string;
  /** Path and query to ask for. */
  readonly path: string;
  /** Replaces the request's own Authorization header. */
  readonly authorization?: string;
  /** Name of the service for the error when it cannot be reached. */
  readonly service: string;
}

/** Passes a request on to a service on a Unix socket and its answer back, both as streams. */
export function proxy(request: IncomingMessage, response: ServerResponse, target: ProxyTarget): void {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    sendError(response, 413, 'payload_too_large', `a request may have at most ${MAX_BODY_BYTES} bytes`);
    return;
  }
  const upstream = httpRequest(
    {
      agent,
      socketPath: target.socketPath,
      path: target.path,
      method: request.method,
      headers: forwardedHeaders(request, target.authorization),
      timeout: UPSTREAM_TIMEOUT_MS,
    },
    (answer) => {
      for (const [name, value] of Object.entries(answer.headers)) {
        if (value !== undefined && !HOP_BY_HOP.has(name) && !name.startsWith('access-control-'))
          response.setHeader(name, value);
      }
      response.writeHead(answer.statusCode ?? 502);
      answer.pipe(response);
      answer.on('end', dropRest);
      answer.on('error', () => response.destroy());
    },
  );
  upstream.on('timeout', () => upstream.destroy(new Error('timed out')));
  upstream.on('error', () =>
    sendError(response, 503, 'service_unavailable', `the ${target.service} service does not answer; try again`),
  );
  response.on('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  let received = 0;
  request.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received <= MAX_BODY_BYTES) return;
    sendError(response, 413, 'payload_too_large', `a request may have at most ${MAX_BODY_BYTES} bytes`);
    upstream.destroy();
  });
  request.pipe(upstream);
  upstream.on('close', dropRest);

  /** After an answer that came before the whole body: the rest is read, or the connection could not be used again. */
  function dropRest(): void {
    if (!upstream.writableFinished) upstream.destroy();
    request.unpipe(upstream);
    request.resume();
  }
}

function forwardedHeaders(request: IncomingMessage, authorization: string | undefined): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (!HOP_BY_HOP.has(name)) headers[name] = value;
  }
  // Node frames the body of a GET or DELETE only when told to: unframed, it would be the upstream's next request.
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  if (!REQUEST_ID.test(String(headers['x-request-id']))) delete headers['x-request-id'];
  // On hosted this comes from Cloudflare alone, and is believed.
  delete headers['cf-connecting-ip'];
  headers['x-forwarded-for'] = request.socket.remoteAddress;
  headers['x-forwarded-host'] = request.headers.host;
  headers['x-forwarded-proto'] = 'http';
  if (authorization !== undefined) headers.authorization = authorization;
  return headers;
}
