import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface FetchTarget {
  readonly handle: (request: Request) => Promise<Response>;
  readonly url: string;
  /** Replaces the request's own Authorization header; null removes it. */
  readonly authorization: string | null;
}

/** Answers a Node request with a handler that speaks Request and Response. */
export async function serveFetch(
  request: IncomingMessage,
  response: ServerResponse,
  target: FetchTarget,
): Promise<void> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  if (target.authorization === null) headers.delete('authorization');
  else headers.set('authorization', target.authorization);
  headers.set('x-forwarded-for', request.socket.remoteAddress ?? '');

  const body = request.method === 'GET' || request.method === 'HEAD' ? undefined : bodyOf(request);
  const answer = await target.handle(
    new Request(target.url, {
      method: request.method ?? 'GET',
      headers,
      ...(body ? { body: Readable.toWeb(body), duplex: 'half' } : {}),
    }),
  );
  // What the handler left unread is read and dropped, or the connection could not be used again.
  if (body) request.unpipe(body);
  request.resume();
  for (const [name, value] of answer.headers) {
    if (!name.startsWith('access-control-')) response.appendHeader(name, value);
  }
  response.writeHead(answer.status);
  if (answer.body) await pipeline(Readable.fromWeb(answer.body), response);
  else response.end();
}

/** The body as a stream of its own: a handler that cancels the request's would end the connection. */
function bodyOf(request: IncomingMessage): PassThrough {
  const body = request.pipe(new PassThrough());
  request.on('error', (error) => body.destroy(error));
  return body;
}
