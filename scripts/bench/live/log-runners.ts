import { createTradebaseClient } from '@tradebase/client';
import { ReportReceipt } from '@tradebase/contracts';
import { readOrder, tell } from './bench-process.ts';
import { clockMs } from './clock.ts';
import { logLines } from './report-items.ts';

/** What a process of runners that log without pause is told when it starts. */
export interface LogRunnersOrder {
  readonly apiUrl: string;
  readonly publishableKey: string;
  readonly runners: readonly { readonly runId: string; readonly token: string }[];
  readonly lines_per_report: number;
  readonly for_ms: number;
}

/** What it tells when it is done. */
export interface LogRunnersReport {
  /** Lines that the database has taken, of each run. */
  readonly lines: Readonly<Record<string, number>>;
  /** From the first report to the answer to the last. */
  readonly ms: number;
  /** Of each report. */
  readonly report_ms: readonly number[];
}

const order = readOrder<LogRunnersOrder>();
const lines: Record<string, number> = {};
const reportMs: number[] = [];
const startedAt = clockMs();
await Promise.all(order.runners.map(({ runId, token }) => log(runId, token)));
const report: LogRunnersReport = { lines, ms: clockMs() - startedAt, report_ms: reportMs };
tell(report);
process.on('disconnect', () => process.exit());

/** Reports batch after batch, one at a time, as the SDK does with what has gathered meanwhile. */
async function log(runId: string, token: string): Promise<void> {
  const client = createTradebaseClient(order.apiUrl, order.publishableKey, { accessToken: async () => token });
  let taken = 0;
  while (clockMs() - startedAt < order.for_ms) {
    const sentAt = clockMs();
    const { data, error } = await client.rpc('report_run', {
      p_run_id: runId,
      p_fencing_token: 1,
      p_first_seq: taken + 1,
      p_items: logLines(order.lines_per_report) as never,
    });
    if (error) throw error;
    const { last_seq, rejected } = ReportReceipt.parse(data);
    if (rejected.length > 0) throw new Error(`lines were refused: ${JSON.stringify(rejected[0])}`);
    reportMs.push(clockMs() - sentAt);
    taken = last_seq;
  }
  lines[runId] = taken;
}
