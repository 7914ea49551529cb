import type { ReportItem } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { type BotExecutor, type Clock, type Run, RunnerError, systemClock } from '../src/index.ts';
import type { RejectedItem } from '../src/sdk/run.ts';
import { AT, BOT, idle, RUN, refusal, UnkindServer } from './support/unkind-server.ts';

/** What a network and a server at their worst do to the reports of a run. */
const server = new UnkindServer();

/** As the server lists it. */
const wholeLease = {
  bot_id: BOT,
  run_id: RUN,
  fencing_token: 1,
  intent: 'run',
  reconciled: false,
  last_report_seq: 0,
  last_bar_at: null,
  started_at: AT,
  config: {
    name: 'bot',
    mode: 'PAPER',
    strategy_type: 'sma-cross',
    strategy: null,
    parameters: {},
    symbols: ['ACME'],
    timeframe: '1m',
    settings: {},
    initial_balance: null,
    schedule: { start_time: null, end_time: null, days: [1], timezone: 'UTC' },
    credential_id: null,
    risk: {
      risk_per_trade: null,
      daily_risk_cap: null,
      max_order_value: null,
      max_symbol_exposure: null,
      max_open_positions: null,
      max_daily_trades: null,
      max_drawdown_pct: null,
    },
  },
};

const lease = (last_report_seq: number) => ({
  bot_id: BOT,
  run_id: RUN,
  fencing_token: 1,
  last_report_seq,
});

const log = (message: string): ReportItem => ({ kind: 'log', level: 'INFO', message, at: AT });
const messages = () => server.taken.map((item) => (item.kind === 'log' ? item.message : ''));

describe('Reports of a run', () => {
  async function holdRun(more: Parameters<UnkindServer['connect']>[0] = {}): Promise<Run> {
    const runner = await server.connect(more);
    await runner.start(idle);
    return runner.hold(lease(server.taken.length));
  }

  it('arrive once and in order, whatever happens to the answers', async () => {
    const run = await holdRun();
    server.fail('report_run', { status: 500, body: {} }, { hangsUp: true }, refusal(503, 'x'));
    const healthy = server.handlers.report_run;
    let lost = 3;
    server.handlers.report_run = (body, token) => {
      const answer = healthy?.(body, token);
      // Taken, and the answer lost.
      lost -= 1;
      return lost > 0 ? { hangsUp: true } : answer;
    };
    for (let n = 1; n <= 20; n += 1) await run.report(log(`line ${n}`));
    await run.flush();
    expect(messages()).toEqual(Array.from({ length: 20 }, (_, n) => `line ${n + 1}`));
  });

  it('arrive though Postgres goes away under the call, which PostgREST answers with 400 and no code', async () => {
    const run = await holdRun();
    const blank = { status: 400, body: { code: '', message: '', details: null, hint: null } };
    server.fail('report_run', blank, blank);
    await run.report(log('first'));
    await run.flush();
    expect(messages()).toEqual(['first']);
  });

  it('outlive the process: the next one sends what was not confirmed', async () => {
    server.handlers.report_run = () => ({ hangsUp: true });
    const first = await holdRun();
    await first.report(log('one'), log('two'));
    await server.runners[0]?.stop();
    server.handlers.report_run = server.takeReport;
    const second = await holdRun();
    await second.report(log('three'));
    await second.flush();
    expect(messages()).toEqual(['one', 'two', 'three']);
  });

  it('are sent again from where the server misses them', async () => {
    const run = await holdRun();
    await run.report(log('one'));
    await run.flush();
    server.taken = [];
    await run.report(log('two'));
    await run.flush();
    // What it had confirmed and lost is gone; what came after it follows on what it has.
    expect(messages()).toEqual(['two']);
  });

  it('tell of items that were refused, and go on', async () => {
    const rejected: RejectedItem[] = [];
    const run = await holdRun({ onRejected: (item) => rejected.push(item) });
    server.handlers.report_run = (body, token) => {
      const answer = server.takeReport(body, token);
      return { body: { ...Object(answer?.body), rejected: [{ seq: 1, code: 'duplicate', message: 'known' }] } };
    };
    await run.report(log('one'));
    await run.flush();
    expect(rejected).toMatchObject([{ run_id: RUN, code: 'duplicate', item: { message: 'one' } }]);
  });

  it('that fail for a reason that nobody foresaw leave no run behind that looks executed: it is taken up again', async () => {
    const attached: string[] = [];
    const config = { heartbeat_interval_s: 1, timeout_s: 30, halts: [], account_limits: null };
    const executor: BotExecutor = {
      ...idle,
      attach: async (run) => {
        attached.push(run.runId);
        return { positions: [], open_orders: [] };
      },
    };
    server.handlers.reconcile_run = () => ({ body: { matched: false, differences: [] } });
    // Waits of seconds are cut short, and those between tokens are not.
    const wait: Clock['wait'] = (ms, signal) => systemClock.wait(ms < 60_000 ? Math.min(ms, 20) : ms, signal);
    const runner = await server.connect({ clock: { ...systemClock, wait } });
    await runner.start(executor);
    const run = await runner.hold(lease(0));
    server.handlers.runner_config = () => ({ body: { ...config, leases: [wholeLease] } });
    server.fail('report_run', refusal(418, 'short_and_stout'));
    await run.report(log('first'));
    await expect.poll(() => attached).toEqual([RUN]);
    await expect.poll(messages).toEqual(['first']);
  });

  it('end here where nobody can say whether the bot trades, rather than wait for ever', async () => {
    const run = await holdRun();
    run.openAfter(Promise.reject(new RunnerError('unexpected_answer', 'bots: no status')));
    const asked = run.submit([
      { client_order_id: 'a', symbol: 'ACME', side: 'buy', type: 'market', quantity: 1, reference_price: 1, at: AT },
    ]);
    await expect(asked).rejects.toMatchObject({ code: 'unexpected_answer' });
    expect(run.signal.aborted).toBe(true);
  });

  it('end where the run is held no more, and cannot be added to', async () => {
    const run = await holdRun();
    server.handlers.report_run = () => refusal(409, 'stale_lease');
    await run.report(log('one'));
    await expect.poll(() => run.signal.aborted).toBe(true);
    await expect(run.report(log('two'))).rejects.toMatchObject({ code: 'stale_lease' });
    await expect(run.submit([])).rejects.toBeInstanceOf(RunnerError);
  });

  it('reach the server before the gate is asked, which is asked again until it answers', async () => {
    const run = await holdRun();
    server.fail('submit_order_intents', { hangsUp: true }, refusal(500, 'x'));
    const healthy = server.handlers.submit_order_intents;
    const seen: number[] = [];
    server.handlers.submit_order_intents = (body, token) => {
      seen.push(server.taken.length);
      const decision = { client_order_id: 'a', order_id: BOT, accepted: true, code: null, message: null };
      return healthy?.(body, token) ?? { body: [decision] };
    };
    await run.report(log('before'));
    const asked = run.submit([
      { client_order_id: 'a', symbol: 'ACME', side: 'buy', type: 'market', quantity: 1, reference_price: 1, at: AT },
    ]);
    await run.flush();
    expect(seen).toEqual([]);
    run.open();
    expect(await asked).toMatchObject([{ client_order_id: 'a', accepted: true }]);
    expect(seen).toEqual([1, 1, 1]);
  });

  it('ask the gate with a lease that a new connection has brought only once that is reconciled', async () => {
    const run = await holdRun();
    run.open();
    let isReconciled = false;
    server.handlers.runner_config = () => {
      const renewed = { ...wholeLease, fencing_token: 2 };
      return { body: { leases: [renewed], heartbeat_interval_s: 1, timeout_s: 30, halts: [], account_limits: null } };
    };
    server.handlers.submit_order_intents = ({ p_fencing_token }) => {
      if (p_fencing_token !== 2) return refusal(409, 'stale_lease');
      const code = isReconciled ? null : 'not_reconciled';
      return { body: [{ client_order_id: 'a', order_id: BOT, accepted: isReconciled, code, message: null }] };
    };
    const asked = run.submit([
      { client_order_id: 'a', symbol: 'ACME', side: 'buy', type: 'market', quantity: 1, reference_price: 1, at: AT },
    ]);
    await expect.poll(() => server.calls).toContain('runner_config');
    server.handlers.reconcile_run = ({ p_fencing_token }) => {
      if (p_fencing_token !== 2) return refusal(409, 'stale_lease');
      isReconciled = true;
      return { body: { matched: true, differences: [] } };
    };
    await run.reconcile({ positions: [], open_orders: [] });
    run.open();
    expect(await asked).toMatchObject([{ accepted: true, code: null }]);
    expect(server.calls.filter((name) => name === 'submit_order_intents')).toHaveLength(2);
  });
});
