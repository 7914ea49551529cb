import { BotStatus } from '@tradebase/contracts';
import { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Run } from './run.ts';
import type { Server } from './server.ts';

const Rows = z.array(z.object({ status: BotStatus }));
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 2000;

/**
 * Waits until the bot of a run is running or paused: it is when the server has heard that it was started, and the gate refuses
 * what is opened before, for good.
 */
export async function untilBotTrades(server: Server, clock: Clock, { botId, signal }: Run): Promise<void> {
  for (let wait_ms = FIRST_WAIT_MS; ; wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS)) {
    const [bot] = await server.persist(
      () => server.read('bots', (client) => client.from('bots').select('status').eq('id', botId), Rows),
      signal,
    );
    if (bot?.status === 'running' || bot?.status === 'paused') return;
    await clock.wait(wait_ms, signal);
  }
}
