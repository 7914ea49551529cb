import type { BenchOptions, Figure } from './figure.ts';
import { benchCommands } from './live/bench-commands.ts';
import { benchCommitToBrowser } from './live/bench-commit-to-browser.ts';
import { benchGate } from './live/bench-gate.ts';
import { benchHeartbeats } from './live/bench-heartbeats.ts';
import { benchLogThroughput } from './live/bench-log-throughput.ts';
import { benchReportCosts } from './live/bench-report-costs.ts';
import { benchTriggerCosts } from './live/bench-trigger-costs.ts';
import { openFleet } from './live/fleet.ts';
import { LiveStack } from './live/live-stack.ts';

const RUNNERS = 20;

/**
 * Bots and runners, live, against the stack as an operator starts it: processes of its own, and a Postgres that waits for
 * the disk at each commit. Clients are in processes of their own too, on the same machine.
 */
export async function benchLive({ quick }: BenchOptions): Promise<Figure[]> {
  const stack = await LiveStack.start();
  try {
    const fleet = await openFleet(stack, RUNNERS);
    return [
      ...(await benchCommitToBrowser(stack, quick ? 30 : 200)),
      ...(await benchReportCosts(stack, quick ? 20 : 200)),
      ...(await benchTriggerCosts(stack, quick ? 3 : 20)),
      ...(await benchGate(stack, quick ? 20 : 200)),
      ...(await benchCommands(fleet, quick ? 20 : 200)),
      ...(await benchHeartbeats(stack, fleet, quick ? 1_000 : 5_000)),
      ...(await benchLogThroughput(stack, fleet, quick ? 2_000 : 10_000)),
    ];
  } finally {
    await stack.stop();
  }
}
