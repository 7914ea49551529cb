import { accessTokenOf } from '../../../packages/client/test/support/personas.ts';
import { type Figure, percentile } from '../figure.ts';
import { BenchProcess } from './bench-process.ts';
import { clockMs } from './clock.ts';
import { type LiveRun, openLiveRun } from './live-run.ts';
import type { LiveStack } from './live-stack.ts';
import { marks } from './report-items.ts';
import type { SubscribersOrder, SubscribersReport } from './subscribers.ts';

const CROWDS = [
  { subscribers: 10, processes: 1, client: 'supabase-js' },
  { subscribers: 100, processes: 2, client: 'supabase-js' },
  { subscribers: 1_000, processes: 2, client: 'websocket' },
] as const;
const WARM_UP = 20;
const PRICE = 100;

/**
 * A mark of a position is reported and committed; each of many subscribers of the run's private topic has its
 * position_update. Two clocks: from when the database has acknowledged the commit, and from just before the commit is sent,
 * in which the deferred triggers, which make the messages, and the disk are.
 */
export async function benchCommitToBrowser(stack: LiveStack, messages: number): Promise<Figure[]> {
  const run = await openLiveRun(stack, 'crowd');
  try {
    await run.hold(1);
    const figures: Figure[] = [];
    for (const crowd of CROWDS) figures.push(...(await benchCrowd(stack, run, crowd, messages)));
    return figures;
  } finally {
    await run.close();
  }
}

async function benchCrowd(
  stack: LiveStack,
  run: LiveRun,
  { subscribers, processes, client }: (typeof CROWDS)[number],
  messages: number,
): Promise<Figure[]> {
  const order: SubscribersOrder = {
    apiUrl: stack.apiUrl,
    publishableKey: stack.keys.publishableKey,
    accessToken: await accessTokenOf(run.owner.client),
    topic: `run:${run.runId}`,
    event: 'position_update',
    count: subscribers / processes,
    client,
  };
  const crowd = Array.from({ length: processes }, () => start(order));
  try {
    await Promise.all(crowd.map((each) => each.next()));
    const { sinceCommitted, sinceSent } = await measure(run, crowd, messages);
    return [
      ...describe(`live.commit_to_browser_${subscribers}_${client}`, sinceCommitted, true),
      ...describe(`live.commit_sent_to_browser_${subscribers}_${client}`, sinceSent, false),
    ];
  } finally {
    await Promise.all(crowd.map((each) => each.stop()));
  }
}

function start(order: SubscribersOrder): BenchProcess<SubscribersReport> {
  return BenchProcess.start<SubscribersReport>('./subscribers.ts', order);
}

async function measure(run: LiveRun, crowd: readonly BenchProcess<SubscribersReport>[], messages: number) {
  const sinceCommitted: number[] = [];
  const sinceSent: number[] = [];
  for (let n = -WARM_UP; n < messages; n += 1) {
    await run.asRunner.query('begin');
    await run.reportDirectly(marks(PRICE + (n + WARM_UP) / 100, 1));
    const sentAt = clockMs();
    await run.asRunner.query('commit');
    const committedAt = clockMs();
    const reports = await Promise.all(crowd.map((each) => each.next()));
    if (n < 0) continue;
    for (const at of reports.flatMap(({ receivedAt }) => receivedAt)) {
      // Realtime may be faster than the answer to the commit.
      sinceCommitted.push(Math.max(at - committedAt, 0));
      sinceSent.push(at - sentAt);
    }
  }
  return { sinceCommitted, sinceSent };
}

function describe(name: string, samples: readonly number[], withPeer: boolean): Figure[] {
  const peer = (value: number) =>
    withPeer ? { peer: 'hosted Realtime, as published, over the internet', peer_value: value } : {};
  return [
    { name: `${name}_ms_p50`, value: percentile(samples, 0.5), unit: 'ms', target: 10, ...peer(46) },
    { name: `${name}_ms_p99`, value: percentile(samples, 0.99), unit: 'ms', target: 50, ...peer(159) },
  ];
}
