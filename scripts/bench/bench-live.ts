import type { BenchOptions, Figure } from './figure.ts';
import { benchCommitToBrowser } from './live/bench-commit-to-browser.ts';
import { LiveStack } from './live/live-stack.ts';

/**
 * Bots and runners, live, against the stack as an operator starts it: processes of its own, and a Postgres that waits for
 * the disk at each commit. Clients are in processes of their own too, on the same machine.
 */
export async function benchLive({ quick }: BenchOptions): Promise<Figure[]> {
  const stack = await LiveStack.start();
  try {
    return [...(await benchCommitToBrowser(stack, quick ? 30 : 200))];
  } finally {
    await stack.stop();
  }
}
