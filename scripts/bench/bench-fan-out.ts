import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import type { FanOutOrder, FanOutReport } from './fan-out-subscribers.ts';
import { type Figure, percentile } from './figure.ts';

const CROWDS = [10, 100, 1_000];
const MESSAGES = 100;
const WARM_UP = 20;
const TOPIC = 'fan-out';

/** From the moment a commit returns to the moment each of many subscribers has the broadcast. */
export async function benchFanOut(): Promise<Figure[]> {
  const stack = await startStack();
  const database = new pg.Client({ connectionString: stack.databaseUrl() });
  try {
    await database.connect();
    const figures: Figure[] = [];
    for (const subscribers of CROWDS) {
      const { samples, cpuMs } = await measure(stack, database, subscribers);
      const name = `realtime.fan_out_${subscribers}`;
      figures.push(
        { name: `${name}_ms_p50`, value: percentile(samples, 0.5), unit: 'ms', target: 10 },
        { name: `${name}_ms_p99`, value: percentile(samples, 0.99), unit: 'ms', target: 50 },
        { name: `${name}_cpu_ms`, value: cpuMs, unit: 'ms' },
      );
    }
    return figures;
  } finally {
    await database.end();
    await stack.stop();
  }
}

interface Measured {
  /** Milliseconds, of each subscriber and message. */
  readonly samples: number[];
  /** What a message takes of this thread, which the server shares with the sender; a busy machine does not change it. */
  readonly cpuMs: number;
}

async function measure(stack: TestStack, database: pg.Client, subscribers: number): Promise<Measured> {
  const order: FanOutOrder = { url: websocketUrl(stack), topic: TOPIC, subscribers };
  const worker = new Worker(new URL('./fan-out-subscribers.ts', import.meta.url), { workerData: order });
  try {
    await once(worker, 'message');
    const samples: number[] = [];
    let before = process.threadCpuUsage();
    for (let i = -WARM_UP; i < MESSAGES; i += 1) {
      if (i === 0) before = process.threadCpuUsage();
      const answered = once(worker, 'message');
      await database.query(`select realtime.send('{"price": "1.50"}', 'tick', $1, true)`, [TOPIC]);
      const committedAt = performance.timeOrigin + performance.now();
      const [report] = (await answered) as [FanOutReport];
      if (i >= 0 && 'receivedAt' in report) {
        samples.push(...report.receivedAt.map((at) => Math.max(at - committedAt, 0)));
      }
    }
    const { user, system } = process.threadCpuUsage(before);
    return { samples, cpuMs: (user + system) / 1000 / MESSAGES };
  } finally {
    await worker.terminate();
  }
}

/** With the secret key, which no policy keeps out. */
function websocketUrl({ apiUrl, keys }: TestStack): string {
  return `${apiUrl.replace('http', 'ws')}/realtime/v1/websocket?apikey=${keys.secretKey}&vsn=2.0.0`;
}
