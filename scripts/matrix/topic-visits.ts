import type { RealtimeChannel, SupabaseClient } from '@supabase/supabase-js';
import type { TestStack } from '@tradebase/local-stack/testing';
import type pg from 'pg';
import type { Attempt } from './attempt.ts';
import type { Caller } from './caller.ts';
import type { TopicExpectation } from './expectation.ts';

const FORGED = 'forged';
const MARKER = 'marker';
const MARKER_TIMEOUT_MS = 10_000;

/** Joining the owner's topic, and sending to it, by every persona. Attempts on one topic are run one after another. */
export function topicVisits(
  stack: TestStack,
  subject: string,
  expectation: TopicExpectation,
  callers: readonly Caller[],
  database: pg.Client,
): Attempt[] {
  const listener = callers.find(({ persona }) => persona === 'service');
  if (!listener) throw new Error('the service listens whether others can send');
  return callers.flatMap((caller): Attempt[] => {
    const { persona, tenant } = caller;
    // The topic is always the owner's, and the viewer is somebody else to it.
    const owner = persona === 'viewer' ? listener.tenant : tenant;
    const visit = () => ({ stack, caller, topic: expectation.topic(owner) });
    const mayJoin = expectation.by.includes(persona);
    const attempts: Attempt[] = [{ subject, persona, operation: 'join', run: () => join(visit(), mayJoin) }];
    if (persona !== 'service') {
      attempts.push({ subject, persona, operation: 'send', run: () => send(visit(), listener.client, database) });
    }
    return attempts;
  });
}

interface Visit {
  readonly stack: TestStack;
  readonly caller: Caller;
  readonly topic: string;
}

async function join({ caller, topic }: Visit, mayJoin: boolean): Promise<string | undefined> {
  const { channel, refused } = await enter(caller.client, topic);
  await caller.client.removeChannel(channel);
  if (mayJoin) return refused && `must be allowed, and was refused: ${refused}`;
  if (refused === undefined) return 'must be refused, and was not';
  return /^"?Unauthorized/.test(refused) ? undefined : `inconclusive: it failed with ${refused}`;
}

/** Sends over HTTP and, if the channel lets it in, over the socket; then something true, before which nothing may come. */
async function send(
  { stack, caller, topic }: Visit,
  listener: SupabaseClient,
  database: pg.Client,
): Promise<string | undefined> {
  const heard: string[] = [];
  const marked = Promise.withResolvers<void>();
  const { channel: ear } = await enter(listener, topic, (event) => {
    heard.push(event);
    if (event === MARKER) marked.resolve();
  });
  const timer = setTimeout(() => marked.reject(new Error('nothing is delivered to the topic')), MARKER_TIMEOUT_MS);
  try {
    const status = await sendByHttp(stack, caller, topic);
    const { channel, refused } = await enter(caller.client, topic);
    if (refused === undefined) await channel.send({ type: 'broadcast', event: FORGED, payload: {} });
    // Leaving is answered after what was sent before it has been dealt with.
    await caller.client.removeChannel(channel);
    await database.query(`select realtime.send('{}', $1, $2, true)`, [MARKER, topic]);
    await marked.promise;
    if (heard.includes(FORGED)) return 'must be refused, and was delivered';
    return status === 403 || status === 401 ? undefined : `must be refused, and was answered with HTTP ${status}`;
  } finally {
    clearTimeout(timer);
    await listener.removeChannel(ear);
  }
}

async function sendByHttp({ apiUrl, keys }: TestStack, { token, persona }: Caller, topic: string): Promise<number> {
  const url = `${apiUrl}/realtime/v1/api/broadcast/${encodeURIComponent(topic)}/events/${FORGED}?private=true`;
  const { status } = await fetch(url, {
    method: 'POST',
    headers: {
      apikey: keys.publishableKey,
      ...(persona !== 'anonymous' && { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
    },
    body: '{}',
  });
  return status;
}

async function enter(
  client: SupabaseClient,
  topic: string,
  hear: (event: string) => void = () => {},
): Promise<{ channel: RealtimeChannel; refused: string | undefined }> {
  await client.realtime.setAuth();
  const channel = client.channel(topic, { config: { private: true } });
  channel.on('broadcast', { event: '*' }, ({ event }) => hear(event));
  const refused = await new Promise<string | undefined>((resolve) => {
    channel.subscribe((status, error) => resolve(status === 'SUBSCRIBED' ? undefined : (error?.message ?? status)));
  });
  return { channel, refused };
}
