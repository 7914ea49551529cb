import { startStack } from '@tradebase/local-stack/testing';
import { type Figure, percentile, sample } from './figure.ts';

/** The health of the functions, through the gateway. */
export async function benchFunctions(): Promise<Figure[]> {
  const stack = await startStack({ functions: true });
  try {
    const health = await sample(500, 100, async () => {
      const response = await fetch(`${stack.apiUrl}/functions/v1/public/health`);
      if (!response.ok) throw new Error(`health answered ${response.status}`);
      await response.text();
    });
    return [{ name: 'functions.health_ms_p50', value: percentile(health, 0.5), unit: 'ms', target: 2 }];
  } finally {
    await stack.stop();
  }
}
