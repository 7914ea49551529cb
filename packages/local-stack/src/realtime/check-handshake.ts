import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { StackContext } from '../stack-context.ts';
import { policyHeaders } from './request-headers.ts';
import type { Serializer } from './serializer.ts';
import { serializerV1 } from './serializer-v1.ts';
import { serializerV2 } from './serializer-v2.ts';
import { CredentialRefused, verifyCredential } from './verify-credential.ts';

/** What is known of a client before its websocket opens. */
export interface Handshake {
  readonly apiKey: string;
  readonly serializer: Serializer;
  readonly headers: Record<string, string>;
}

/** Why a websocket does not open. */
export class HandshakeRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const SERIALIZERS = new Map<string, Serializer>([
  ['1.0.0', serializerV1],
  ['2.0.0', serializerV2],
]);
const PATHS = new Set(['/websocket', '/socket/websocket']);

/** Checks the path, the key and the version of a request to open a websocket. Throws HandshakeRefused. */
export async function checkHandshake(context: StackContext, request: IncomingMessage): Promise<Handshake> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (!PATHS.has(url.pathname)) throw new HandshakeRefused(404, 'Not found');
  const header = request.headers['x-api-key'];
  const apiKey = (typeof header === 'string' && header) || url.searchParams.get('apikey');
  if (!apiKey) throw new HandshakeRefused(401, 'API key is missing');
  const serializer = SERIALIZERS.get(url.searchParams.get('vsn') ?? '1.0.0');
  if (!serializer) throw new HandshakeRefused(403, 'vsn must be 1.0.0 or 2.0.0');
  try {
    await verifyCredential(context, apiKey);
  } catch (error) {
    if (error instanceof CredentialRefused) throw new HandshakeRefused(401, error.message);
    throw error;
  }
  return { apiKey, serializer, headers: policyHeaders(Object.entries(request.headers)) };
}

/** Answers a request to open a websocket with an HTTP error. */
export function refuseUpgrade(socket: Duplex, { status, message }: HandshakeRefused): void {
  const body = JSON.stringify({ error: message });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    // A client that does not close its half would keep the server from ever closing.
    () => socket.destroy(),
  );
}
