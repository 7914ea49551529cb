import { GateDecision } from '@tradebase/contracts';
import { z } from 'zod';
import type { HeldBot } from './seed-lease.ts';

/** Of a day long past: bots of tests replay. */
export const INTENT_AT = '2024-01-02T15:00:00Z';

/** An intent to buy ten at 100, worth 1,000, that may lose 50; under a name of its own unless the changes say otherwise. */
export function orderIntent(changes: Record<string, unknown> = {}) {
  return {
    client_order_id: crypto.randomUUID(),
    symbol: 'ACME',
    side: 'buy',
    type: 'market',
    quantity: 10,
    reference_price: 100,
    stop_loss: 95,
    at: INTENT_AT,
    ...changes,
  };
}

/** Submits intents for the run of a bot, as the runner that holds it unless told otherwise. Rejects with what PostgREST says. */
export async function submitIntents(
  bot: HeldBot,
  intents: unknown,
  { client = bot.runner.client, token = 1 } = {},
): Promise<GateDecision[]> {
  const { data, error } = await client.rpc('submit_order_intents', {
    p_run_id: bot.runId,
    p_fencing_token: token,
    p_intents: intents as never,
  });
  if (error) throw error;
  return z.array(GateDecision).parse(data);
}
