import { accessTokenOf } from '../../../packages/client/test/support/personas.ts';
import { type Figure, percentile } from '../figure.ts';
import { BenchProcess } from './bench-process.ts';
import { clockMs } from './clock.ts';
import type { Fleet } from './fleet.ts';
import type { LiveStack } from './live-stack.ts';
import type { LogRunnersOrder, LogRunnersReport } from './log-runners.ts';
import type { BrowsersOrder, BrowsersReport } from './watching-browsers.ts';

const BROWSERS = 50;
const PROCESSES = 2;
const LINES_PER_REPORT = 500;

/**
 * All runners of a fleet log without pause through the gateway, while browsers watch their runs. Throws where a browser does
 * not end with every line.
 */
export async function benchLogThroughput(stack: LiveStack, fleet: Fleet, forMs: number): Promise<Figure[]> {
  const address = { apiUrl: stack.apiUrl, publishableKey: stack.keys.publishableKey };
  const accessToken = await accessTokenOf(fleet.owner.client);
  const runIds = Array.from({ length: BROWSERS }, (_, n) => fleet.runners[n % fleet.runners.length]?.runId ?? '');
  const browsers = Array.from({ length: PROCESSES }, (_, n) => {
    const order: BrowsersOrder = { ...address, accessToken, runIds: runIds.filter((_id, at) => at % PROCESSES === n) };
    return BenchProcess.start<BrowsersReport>('./watching-browsers.ts', order);
  });
  const processes: BenchProcess<unknown>[] = [...browsers];
  try {
    await Promise.all(browsers.map((each) => each.next()));
    const runners = fleet.runners.map(({ runId, token }) => ({ runId, token }));
    const order: LogRunnersOrder = { ...address, runners, lines_per_report: LINES_PER_REPORT, for_ms: forMs };
    const loggers = BenchProcess.start<LogRunnersReport>('./log-runners.ts', order);
    processes.push(loggers);
    const { lines, ms, report_ms } = await loggers.next();
    const endedAt = clockMs();
    for (const each of browsers) each.send({ lines });
    const seen = await Promise.all(browsers.map((each) => each.next()));
    const behindMs = clockMs() - endedAt;
    const complete = seen.reduce((sum, report) => sum + report.complete, 0);
    if (complete < BROWSERS) throw new Error(`${BROWSERS - complete} of ${BROWSERS} browsers do not have every line`);
    const total = Object.values(lines).reduce((sum, count) => sum + count, 0);
    const received = seen.reduce((sum, report) => sum + report.lines, 0);
    const name = `live.logs_${runners.length}_runners_${BROWSERS}_browsers`;
    return [
      { name: `${name}_lines_per_s`, value: (total / ms) * 1000, unit: 'lines/s' },
      { name: `${name}_received_lines_per_s`, value: (received / (ms + behindMs)) * 1000, unit: 'lines/s' },
      { name: `${name}_report_of_${LINES_PER_REPORT}_ms_p50`, value: percentile(report_ms, 0.5), unit: 'ms' },
      { name: `${name}_last_line_behind_ms`, value: behindMs, unit: 'ms' },
      { name: `${name}_complete`, value: complete, unit: 'browsers', target: BROWSERS },
      ...Object.entries(stack.memory()).map(([part, mb]) => ({
        name: `${name}_memory_${part}`,
        value: mb,
        unit: 'MB',
      })),
    ];
  } finally {
    await Promise.all(processes.map((each) => each.stop()));
  }
}
