import { z } from 'zod';
import type { Run } from '../sdk/run.ts';
import type { Server } from '../sdk/server.ts';

const Page = z.object({
  last_bar_at: z.string().nullable(),
  positions: z.array(z.object({ symbol: z.string(), quantity: z.number() })),
  orders: z.array(z.object({ client_order_id: z.string(), status: z.string(), reject_reason: z.string().nullable() })),
  fills: z.array(z.object({ seq: z.number(), external_id: z.string() })),
});

/** What was decided about a run from outside, with the bar after which it was. */
export const Decision = z.object({
  decision: z.enum(['start', 'pause', 'resume', 'cancel_all', 'close_all']),
  /** Close of the bar after which it was taken; null before the first. */
  bar_at: z.string().nullable(),
  /** Place among the decisions of the run, from 1. */
  place: z.int(),
  reason: z.string().default(''),
  /** Of the start: open time of the first bar, and how many bars before it indicators see. */
  from: z.string().optional(),
  warm_up_bars: z.int().optional(),
});
export type Decision = z.infer<typeof Decision>;

/** What the database knows of a run: enough to reckon it again. */
export interface RunLedger {
  /** Close of the last bar that was reported to its end; -Infinity before the first. */
  readonly last_bar_at_ms: number;
  readonly positions: readonly { readonly symbol: string; readonly quantity: number }[];
  readonly orders: ReadonlyMap<string, { readonly status: string; readonly reject_reason: string | null }>;
  /** Orders that the gate refused: none of those that it let through and that were rejected later. */
  readonly refused: ReadonlySet<string>;
  readonly fills: ReadonlySet<string>;
  readonly decisions: readonly Decision[];
}

/** Type of the events that keep decisions. */
export const DECISION_EVENT = 'runner_decision';

const PAGE_ROWS = 1000;
const OPEN_STATUSES: ReadonlySet<string> = new Set([
  'new',
  'submitted',
  'accepted',
  'partially_filled',
  'pending_cancel',
]);

export function isOpenStatus(status: string | undefined): boolean {
  return status !== undefined && OPEN_STATUSES.has(status);
}

/** Reads all that the database knows of a run, page by page. */
export async function readRunLedger(server: Server, run: Run): Promise<RunLedger> {
  const orders = new Map<string, { status: string; reject_reason: string | null }>();
  const fills = new Set<string>();
  for (let [after_fill, after_order] = [0, '']; ; ) {
    const args = { p_run_id: run.runId, p_after_fill: after_fill, p_after_order: after_order, p_limit: PAGE_ROWS };
    const page = await server.persist(() => server.call('run_ledger', args, Page), run.signal);
    for (const { client_order_id, ...order } of page.orders) orders.set(client_order_id, order);
    for (const { external_id } of page.fills) fills.add(external_id);
    after_fill = page.fills.at(-1)?.seq ?? after_fill;
    after_order = page.orders.at(-1)?.client_order_id ?? after_order;
    if (page.orders.length < PAGE_ROWS && page.fills.length < PAGE_ROWS) {
      const { positions, last_bar_at } = page;
      const decisions = await readDecisions(server, run);
      const isRejected = orders.values().some(({ status }) => status === 'rejected');
      const refused = isRejected ? await readRefused(server, run) : new Set<string>();
      return {
        last_bar_at_ms: last_bar_at === null ? -Infinity : Date.parse(last_bar_at),
        positions,
        orders,
        refused,
        fills,
        decisions,
      };
    }
  }
}

const Events = z.array(z.object({ metadata: Decision }));

async function readDecisions(server: Server, run: Run): Promise<Decision[]> {
  const decisions: Decision[] = [];
  for (;;) {
    const from = decisions.length;
    const rows = await server.persist(
      () =>
        server.read(
          'bot_events',
          (client) =>
            client
              .from('bot_events')
              .select('metadata')
              .eq('run_id', run.runId)
              .eq('type', DECISION_EVENT)
              .order('metadata->place')
              .range(from, from + PAGE_ROWS - 1),
          Events,
        ),
      run.signal,
    );
    decisions.push(...rows.map(({ metadata }) => metadata));
    if (rows.length < PAGE_ROWS) return decisions;
  }
}

const Refused = z.array(z.object({ client_order_id: z.string() }));

async function readRefused(server: Server, run: Run): Promise<Set<string>> {
  const refused = new Set<string>();
  for (let after = ''; ; ) {
    const rows = await server.persist(
      () =>
        server.read(
          'orders',
          (client) =>
            client
              .from('orders')
              .select('client_order_id')
              .eq('bot_id', run.botId)
              .eq('run_id', run.runId)
              .not('refusal_code', 'is', null)
              .gt('client_order_id', after)
              .order('client_order_id')
              .limit(PAGE_ROWS),
          Refused,
        ),
      run.signal,
    );
    for (const { client_order_id } of rows) refused.add(client_order_id);
    const last = rows.at(-1);
    // A server may have been set to smaller pages.
    if (!last) return refused;
    after = last.client_order_id;
  }
}
