import type { SupabaseClient } from '@supabase/supabase-js';
import { createTradebaseClient } from '@tradebase/client';
import { readOrder, tell } from './bench-process.ts';
import { clockMs } from './clock.ts';

/** What a process of subscribers is told when it starts. */
export interface SubscribersOrder {
  readonly apiUrl: string;
  readonly publishableKey: string;
  /** Of the user whose topic it is. */
  readonly accessToken: string;
  readonly topic: string;
  readonly event: string;
  readonly count: number;
  /** With supabase-js as a browser does, or by the bare protocol, which takes less of the machine. */
  readonly client: 'supabase-js' | 'websocket';
}

/** What it tells: that all have joined, and then, for each event, when each subscriber had it. */
export interface SubscribersReport {
  readonly receivedAt: readonly number[];
}

const order = readOrder<SubscribersOrder>();
let receivedAt: number[] = [];

function received(): void {
  receivedAt.push(clockMs());
  if (receivedAt.length < order.count) return;
  tell({ receivedAt });
  receivedAt = [];
}

// One after another: a thousand joins at once would measure the joins.
for (let n = 0; n < order.count; n += 1) {
  await (order.client === 'supabase-js' ? joinWithClient() : joinWithWebsocket());
}
tell({ receivedAt: [] });
process.on('disconnect', () => process.exit());

async function joinWithClient(): Promise<void> {
  const client: SupabaseClient = createTradebaseClient(order.apiUrl, order.publishableKey, {
    accessToken: async () => order.accessToken,
  });
  await client.realtime.setAuth();
  const channel = client.channel(order.topic, { config: { private: true } });
  channel.on('broadcast', { event: order.event }, received);
  await new Promise<void>((resolve, reject) => {
    channel.subscribe((status, error) => (status === 'SUBSCRIBED' ? resolve() : reject(error ?? new Error(status))));
  });
}

/** Opens one websocket and joins the topic; every later binary frame is a broadcast, which names its event. */
function joinWithWebsocket(): Promise<void> {
  const query = new URLSearchParams({ apikey: order.publishableKey, vsn: '2.0.0' });
  const socket = new WebSocket(`${order.apiUrl.replace('http', 'ws')}/realtime/v1/websocket?${query}`);
  socket.binaryType = 'arraybuffer';
  const payload = { config: { private: true }, access_token: order.accessToken };
  return new Promise((resolve, reject) => {
    socket.onopen = () => socket.send(JSON.stringify(['1', '1', `realtime:${order.topic}`, 'phx_join', payload]));
    socket.onerror = () => reject(new Error('a subscriber was not let in'));
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') {
        if (Buffer.from(data).subarray(0, 200).includes(order.event)) received();
      } else if (data.includes('"status":"ok"')) resolve();
      else if (data.includes('"status":"error"')) reject(new Error(`a subscriber could not join: ${data}`));
    };
  });
}
