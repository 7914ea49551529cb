import { type Figure, percentile } from '../figure.ts';
import { clockMs } from './clock.ts';
import { type LiveRun, openLiveRun } from './live-run.ts';
import type { LiveStack } from './live-stack.ts';
import { logLines, marks, SYMBOLS } from './report-items.ts';

const WARM_UP = 5;
const REPORTS: Readonly<Record<string, (run: LiveRun) => object[]>> = {
  '1_fill': (run) => run.nextFills(1),
  '1_mark': () => marks(randomPrice(), 1),
  '490_logs_10_marks': () => [...logLines(490), ...marks(randomPrice())],
};

/** What reports take of the database alone, past the gateway: all of it, and of that the commit, in which messages are made. */
export async function benchReportCosts(stack: LiveStack, reports: number): Promise<Figure[]> {
  const run = await openLiveRun(stack, 'reports');
  try {
    await run.hold(SYMBOLS.length);
    await run.admitNextFills(WARM_UP + reports);
    const figures: Figure[] = [];
    for (const [name, items] of Object.entries(REPORTS)) {
      const { whole, commit } = await measure(run, items, reports);
      figures.push(
        { name: `live.report_of_${name}_ms_p50`, value: percentile(whole, 0.5), unit: 'ms' },
        { name: `live.report_of_${name}_commit_ms_p50`, value: percentile(commit, 0.5), unit: 'ms' },
      );
    }
    return figures;
  } finally {
    await run.close();
  }
}

async function measure(run: LiveRun, items: (run: LiveRun) => object[], reports: number) {
  const whole: number[] = [];
  const commit: number[] = [];
  for (let n = -WARM_UP; n < reports; n += 1) {
    const report = items(run);
    const startedAt = clockMs();
    await run.asRunner.query('begin');
    await run.reportDirectly(report);
    const reportedAt = clockMs();
    await run.asRunner.query('commit');
    if (n < 0) continue;
    whole.push(clockMs() - startedAt);
    commit.push(clockMs() - reportedAt);
  }
  return { whole, commit };
}

function randomPrice(): number {
  return 100 + Math.random();
}
