import { startStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { signUp } from '../../packages/client/test/support/personas.ts';
import { type Figure, percentile } from './figure.ts';

const MESSAGES = 300;
const WARM_UP = 50;

/** From the moment a commit returns to the moment a browser's client has the message. */
export async function benchRealtime(): Promise<Figure[]> {
  const stack = await startStack();
  const database = new pg.Client({ connectionString: stack.databaseUrl() });
  try {
    await database.connect();
    const { id, client } = await signUp(stack, 'bench');
    const topic = `user:${id}`;
    let received = Promise.withResolvers<number>();
    const channel = client.channel(topic, { config: { private: true } });
    channel.on('broadcast', { event: 'tick' }, () => received.resolve(performance.now()));
    await new Promise<void>((resolve, reject) =>
      channel.subscribe((status, error) => (status === 'SUBSCRIBED' ? resolve() : reject(error ?? new Error(status)))),
    );
    const samples: number[] = [];
    for (let i = -WARM_UP; i < MESSAGES; i += 1) {
      received = Promise.withResolvers();
      await database.query(`select realtime.send('{}', 'tick', $1, true)`, [topic]);
      const committedAt = performance.now();
      const ms = (await received.promise) - committedAt;
      if (i >= 0) samples.push(Math.max(ms, 0));
    }
    await client.removeChannel(channel);
    return [
      {
        name: 'realtime.commit_to_client_ms_p50',
        value: percentile(samples, 0.5),
        unit: 'ms',
        target: 10,
        peer: 'hosted Realtime, as published',
        peer_value: 46,
      },
      {
        name: 'realtime.commit_to_client_ms_p99',
        value: percentile(samples, 0.99),
        unit: 'ms',
        target: 50,
        peer: 'hosted Realtime, as published',
        peer_value: 159,
      },
    ];
  } finally {
    await database.end();
    await stack.stop();
  }
}
