import { createTradebaseClient } from '@tradebase/client';
import { readOrder, tell } from './bench-process.ts';
import { clockMs } from './clock.ts';
import { beat } from './fleet.ts';

/** What a process of runners that beat without pause is told when it starts. */
export interface BeatingOrder {
  readonly apiUrl: string;
  readonly publishableKey: string;
  readonly runners: readonly { readonly botId: string; readonly token: string }[];
  readonly for_ms: number;
}

/** What it tells when it is done: how long each heartbeat took, and all of them together. */
export interface BeatingReport {
  readonly beat_ms: readonly number[];
  readonly ms: number;
}

const order = readOrder<BeatingOrder>();
const beatMs: number[] = [];
const startedAt = clockMs();
await Promise.all(
  order.runners.map(async ({ botId, token }) => {
    const client = createTradebaseClient(order.apiUrl, order.publishableKey, { accessToken: async () => token });
    while (clockMs() - startedAt < order.for_ms) {
      const sentAt = clockMs();
      await beat({ client, botId });
      beatMs.push(clockMs() - sentAt);
    }
  }),
);
const report: BeatingReport = { beat_ms: beatMs, ms: clockMs() - startedAt };
tell(report);
process.on('disconnect', () => process.exit());
