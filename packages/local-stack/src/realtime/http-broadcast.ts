import type { TokenClaims } from '../config/verify-token.ts';
import { asRecord } from './as-record.ts';
import { authorizeWrite } from './authorize-topic.ts';
import { type Broadcast, payloadSize } from './broadcast.ts';
import { isDatabaseAnswer } from './database-answer.ts';
import { MAX_FRAME_BYTES } from './limits.ts';
import type { RealtimeServices } from './realtime-services.ts';
import { policyHeaders } from './request-headers.ts';
import { CredentialRefused, verifyCredential } from './verify-credential.ts';

const BATCH_PATH = '/api/broadcast';
const SINGLE_PATH = /^\/api\/broadcast\/([^/]+)\/events\/([^/]+)$/;
const MAX_BATCH = 1_000;

interface Addressed {
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly broadcast: Broadcast;
}

/** Why a request fails, with its status. */
class HttpRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Realtime over HTTP: `POST /api/broadcast` sends up to a thousand messages, and
 * `POST /api/broadcast/{topic}/events/{event}` sends its body as one. Answers 202 without a body.
 */
export async function handleBroadcastRequest(services: RealtimeServices, request: Request): Promise<Response> {
  try {
    const url = new URL(request.url);
    const single = SINGLE_PATH.exec(url.pathname);
    if (!single && url.pathname !== BATCH_PATH) throw new HttpRefusal(404, 'Not found');
    if (request.method !== 'POST') throw new HttpRefusal(405, 'Method not allowed');
    const claims = await authenticate(services, request);
    const body = await readBody(request);
    if (single) {
      const [, topic = '', event = ''] = single.map(decodeSegment);
      await sendSingle(services, request, claims, checkSize(services, addressSingle(request, url, topic, event, body)));
    } else {
      await sendBatch(
        services,
        request,
        claims,
        parseBatch(body).map((addressed) => checkSize(services, addressed)),
      );
    }
    return new Response(null, { status: 202 });
  } catch (error) {
    if (!(error instanceof HttpRefusal)) throw error;
    return Response.json({ error: error.message, message: error.message }, { status: error.status });
  }
}

async function authenticate(services: RealtimeServices, { headers }: Request): Promise<TokenClaims> {
  const bearer = /^bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  const credential = bearer ?? headers.get('apikey');
  if (!credential) throw new HttpRefusal(401, 'Unauthorized');
  try {
    return await verifyCredential(services.context, credential);
  } catch (error) {
    if (error instanceof CredentialRefused) throw new HttpRefusal(401, 'Unauthorized');
    throw error;
  }
}

async function readBody(request: Request): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_FRAME_BYTES) throw new HttpRefusal(413, `A body has ${MAX_FRAME_BYTES} bytes at most`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function addressSingle(request: Request, url: URL, topic: string, event: string, body: Buffer): Addressed {
  if (url.searchParams.get('persist') || url.searchParams.get('persist[ttl]')) {
    throw new HttpRefusal(
      422,
      'PersistUnavailable: the local stack does not store broadcasts for replay; use realtime.send',
    );
  }
  const binary = request.headers.get('content-type')?.startsWith('application/octet-stream') === true;
  const payload: Broadcast['payload'] = binary
    ? { encoding: 'binary', bytes: body }
    : { encoding: 'json', json: JSON.stringify(parseBody(body)) };
  const isPrivate = url.searchParams.get('private') === 'true';
  return { topic, isPrivate, broadcast: { event, payload } };
}

function parseBatch(body: Buffer): Addressed[] {
  const { messages } = asRecord(parseBody(body));
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > MAX_BATCH) {
    throw new HttpRefusal(422, `messages must be a list of 1 to ${MAX_BATCH}`);
  }
  return messages.map((entry: unknown) => {
    const { topic, event, payload, private: isPrivate } = asRecord(entry);
    if (typeof topic !== 'string' || topic === '') throw new HttpRefusal(422, "topic can't be blank");
    if (typeof event !== 'string' || event === '') throw new HttpRefusal(422, "event can't be blank");
    if (typeof payload !== 'object' || payload === null) throw new HttpRefusal(422, "payload can't be blank");
    const broadcast: Broadcast = { event, payload: { encoding: 'json', json: JSON.stringify(payload) } };
    return { topic, isPrivate: isPrivate === true, broadcast };
  });
}

function checkSize({ limits }: RealtimeServices, addressed: Addressed): Addressed {
  if (payloadSize(addressed.broadcast) <= limits.payloadBytes) return addressed;
  throw new HttpRefusal(422, 'Payload size exceeds tenant limit');
}

function countEvents({ rates, metrics }: RealtimeServices, events: number): void {
  if (rates.events.take(events)) return;
  metrics.broadcastsOverLimit += events;
  const reason =
    events === 1 ? 'You have exceeded your rate limit' : 'Too many messages to broadcast, please reduce the batch size';
  throw new HttpRefusal(429, reason);
}

async function sendSingle(
  services: RealtimeServices,
  request: Request,
  claims: TokenClaims,
  { topic, isPrivate, broadcast }: Addressed,
): Promise<void> {
  countEvents(services, 1);
  if (isPrivate && !(await mayWrite(services, request, claims, topic))) throw new HttpRefusal(403, 'Unauthorized');
  services.rooms.broadcast(topic, isPrivate, broadcast);
}

/** Messages to topics the caller may not write to are left out without a word, as on hosted. */
async function sendBatch(
  services: RealtimeServices,
  request: Request,
  claims: TokenClaims,
  messages: readonly Addressed[],
): Promise<void> {
  countEvents(services, messages.length);
  const writable = new Map<string, boolean>();
  for (const { topic, isPrivate, broadcast } of messages) {
    if (isPrivate && !writable.has(topic)) writable.set(topic, await mayWrite(services, request, claims, topic));
    if (!isPrivate || writable.get(topic)) services.rooms.broadcast(topic, isPrivate, broadcast);
  }
}

async function mayWrite(
  services: RealtimeServices,
  request: Request,
  claims: TokenClaims,
  topic: string,
): Promise<boolean> {
  try {
    const allowed = await authorizeWrite(services.pool, { topic, claims, headers: policyHeaders(request.headers) });
    return allowed.has('broadcast');
  } catch (error) {
    services.log('realtime', `policies on realtime.messages could not be asked: ${String(error)}`);
    if (isDatabaseAnswer(error)) throw new HttpRefusal(422, 'RLS policy error');
    throw new HttpRefusal(503, 'Realtime was unable to connect to the project database');
  }
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new HttpRefusal(422, 'The body is not JSON');
  }
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HttpRefusal(400, 'The path is not a URL path');
  }
}
