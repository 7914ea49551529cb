import { startStack } from '@tradebase/local-stack/testing';
import { signUp } from '../../packages/client/test/support/personas.ts';
import { seedMarket } from '../../packages/client/test/support/seed-market.ts';
import { type Figure, percentile, sample } from './figure.ts';

/** 1,000 candles through the gateway, under RLS, with supabase-js. */
export async function benchRest(): Promise<Figure[]> {
  const stack = await startStack();
  try {
    await seedMarket(stack, 'BENCH', 1000);
    const { client } = await signUp(stack, 'bench');
    const candles = await sample(200, 50, async () => {
      const { data, error } = await client
        .from('candles')
        .select('ts, open, high, low, close, volume')
        .order('ts')
        .limit(1000);
      if (error || data.length !== 1000) throw new Error(`candles not read: ${error?.message}`);
    });
    return [{ name: 'rest.candles_1000_ms_p50', value: percentile(candles, 0.5), unit: 'ms', target: 10 }];
  } finally {
    await stack.stop();
  }
}
