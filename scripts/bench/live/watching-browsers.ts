import { createTradebaseClient, type RunWatch } from '@tradebase/client';
import { readOrder, tell } from './bench-process.ts';

/** What a process of browsers is told when it starts. */
export interface BrowsersOrder {
  readonly apiUrl: string;
  readonly publishableKey: string;
  readonly accessToken: string;
  /** The run that each browser watches. */
  readonly runIds: readonly string[];
}

/** What it is told when nothing more is written: how many lines each run has. */
export interface BrowsersQuestion {
  readonly lines: Readonly<Record<string, number>>;
}

/** What it tells: that all watch, and after the question, as soon as all lines are there or the time is over, what came. */
export interface BrowsersReport {
  readonly watching: number;
  /** Browsers that have every line of their run, in order. */
  readonly complete: number;
  /** Of all browsers. */
  readonly lines: number;
}

const ALL = 10_000_000;
const MOST_WAIT_MS = 60_000;
const LOOK_EVERY_MS = 5;

const order = readOrder<BrowsersOrder>();
const watches: { readonly runId: string; readonly watch: RunWatch }[] = [];
for (const runId of order.runIds) {
  const client = createTradebaseClient(order.apiUrl, order.publishableKey, {
    accessToken: async () => order.accessToken,
  });
  const watch = client.runs.watch(runId, { max_logs: ALL });
  await watch.ready;
  watches.push({ runId, watch });
}
tell(describe({}));
process.on('disconnect', () => process.exit());
process.on('message', (question: BrowsersQuestion) => void answer(question));

async function answer({ lines }: BrowsersQuestion): Promise<void> {
  const askedAt = performance.now();
  const isOver = () => performance.now() - askedAt > MOST_WAIT_MS;
  while (!isOver() && watches.some(({ runId, watch }) => (watch.state?.logs.length ?? 0) < (lines[runId] ?? 0))) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  tell(describe(lines));
}

function describe(lines: Readonly<Record<string, number>>): BrowsersReport {
  const seen = watches.map(({ runId, watch }) => ({ logs: watch.state?.logs ?? [], expected: lines[runId] ?? 0 }));
  return {
    watching: watches.length,
    complete: seen.filter(
      ({ logs, expected }) => logs.length === expected && logs.every((line, index) => line.seq === index + 1),
    ).length,
    lines: seen.reduce((sum, { logs }) => sum + logs.length, 0),
  };
}
