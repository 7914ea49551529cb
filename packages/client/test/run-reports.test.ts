import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { type HeldRun, holdRun } from './support/hold-run.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp } from './support/personas.ts';
import { AT, fill, log } from './support/report-items.ts';

/** What a runner reports, and what becomes of what it should not. */
let stack: TestStack;
let owner: Persona;
let other: Persona;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
});

afterAll(() => stack?.stop());

function rows(statement: string, values: unknown[] = []) {
  return asPostgres(stack, async (postgres) => (await postgres.query(statement, values)).rows);
}

async function logsOf({ runId }: HeldRun) {
  return (await rows('select seq::integer, message from public.run_logs where run_id = $1 order by seq', [runId])).map(
    ({ seq, message }) => `${seq} ${message}`,
  );
}

describe('A report', () => {
  it('of an order, its fill and a mark makes a position, a trade and a profit', async () => {
    const run = await holdRun(stack, owner, 'First');
    await run.admit('1', { reserved_value: 1000, reserved_risk: 50, reason: 'entry' });
    const receipt = await run.report(1, [
      { kind: 'order', client_order_id: '1', status: 'submitted', at: AT, broker_order_id: 'b1' },
      log('bought'),
      fill('x1', { fee: 1 }),
      { kind: 'mark', symbol: 'ACME', price: 101.5, at: AT, stop_loss: 95 },
      { kind: 'bar', at: AT },
      { kind: 'balance', balance: 10_014, at: AT },
    ]);
    expect(receipt).toEqual({ last_seq: 6, missing_from: null, rejected: [] });
    expect(
      await rows(
        `select o.status, o.average_price, o.reserved_risk as order_risk, o.broker_order_id, p.open_quantity, p.unrealized_pnl,
           p.reserved_risk, p.stop_loss, t.status as trade, t.commission, r.total_pnl, r.last_report_seq, b.total_pnl as bot, b.current_balance
         from public.orders o join public.positions p on p.id = o.position_id join public.trades t on t.id = o.trade_id
         join public.trading_runs r on r.id = o.run_id join public.bots b on b.id = o.bot_id where o.run_id = $1`,
        [run.runId],
      ),
    ).toEqual([
      {
        status: 'filled',
        average_price: '100',
        order_risk: '0',
        broker_order_id: 'b1',
        open_quantity: '10',
        unrealized_pnl: '14.0',
        reserved_risk: '50',
        stop_loss: '95',
        trade: 'open',
        commission: '1',
        total_pnl: '14.0',
        last_report_seq: '6',
        bot: '14.0',
        current_balance: '10014',
      },
    ]);
  });

  it('that is sent again is taken once', async () => {
    const run = await holdRun(stack, owner, 'Again');
    await run.report(1, [log('one'), log('two')]);
    expect(await run.report(1, [log('one'), log('two')])).toEqual({ last_seq: 2, missing_from: null, rejected: [] });
    expect((await run.report(2, [log('two'), log('three')])).last_seq).toBe(3);
    expect(await logsOf(run)).toEqual(['1 one', '2 two', '3 three']);
  });

  it('after a gap takes nothing, and says from where to send', async () => {
    const run = await holdRun(stack, owner, 'Gap');
    await run.report(1, [log('one')]);
    expect(await run.report(3, [log('three')])).toEqual({ last_seq: 1, missing_from: 2, rejected: [] });
    expect(await logsOf(run)).toEqual(['1 one']);
  });
});

describe('What is wrong in a report', () => {
  it('is refused with one clear fault, recorded, and takes nothing else with it', async () => {
    const run = await holdRun(stack, owner, 'Faults');
    const others = await holdRun(stack, other, 'Foreign');
    await Promise.all([run.admit('1'), others.admit('foreign'), run.admit('refused', { status: 'rejected' })]);
    const ahead = new Date(Date.now() + 5 * 60_000).toISOString();
    const receipt = await run.report(1, [
      log('first'),
      fill('too large', { quantity: 11 }),
      fill('nan', { price: 'NaN' }),
      fill('null', { price: null }),
      fill('negative', { price: -1 }),
      fill('huge', { price: 1e16 }),
      fill('fine', { quantity: 10 ** -45 }),
      log('x'.repeat(4001)),
      log('data', { data: { text: 'x'.repeat(17_000) } }),
      log('ahead', { at: ahead }),
      log('never', { at: '2024-02-30T10:00:00Z' }),
      { kind: 'wish', at: AT },
      log('more', { colour: 'red' }),
      fill('foreign', { client_order_id: 'foreign' }),
      fill('not admitted', { client_order_id: 'refused' }),
      fill('no order', { client_order_id: undefined }),
      fill('other side', { side: 'sell' }),
      { kind: 'order', client_order_id: 'unknown', status: 'accepted', at: AT },
      null,
      { kind: 'balance', at: AT },
      log('last'),
      fill('good'),
    ]);
    expect(receipt.last_seq).toBe(22);
    expect(receipt.rejected.map(({ seq, code }) => `${seq} ${code}`)).toEqual([
      '2 overfill',
      '3 invalid_item',
      '4 invalid_item',
      '5 invalid_item',
      '6 invalid_item',
      '7 invalid_item',
      '8 invalid_item',
      '9 invalid_item',
      '10 clock_skew',
      '11 invalid_item',
      '12 unknown_kind',
      '13 invalid_item',
      '14 unknown_order',
      '15 order_not_admitted',
      '16 order_not_admitted',
      '17 invalid_item',
      '18 unknown_order',
      '19 invalid_item',
      '20 invalid_item',
    ]);
    expect(await logsOf(run)).toEqual(['1 first', '2 last']);
    expect(await rows('select external_id, seq::integer from public.fills where run_id = $1', [run.runId])).toEqual([
      { external_id: 'good', seq: 1 },
    ]);
    expect(
      await rows(
        `select severity, (metadata -> 'count')::integer as count from public.bot_events where run_id = $1 and type = 'report_rejected'`,
        [run.runId],
      ),
    ).toEqual([{ severity: 'WARN', count: 19 }]);
  });

  it('is recorded as far as there is room, whatever letters it is written in', async () => {
    const run = await holdRun(stack, owner, 'Letters');
    const wrong = log('x', { ['\u{1F600}'.repeat(50)]: '\u{1F600}'.repeat(150) });
    const { rejected } = await run.report(1, [...Array.from({ length: 25 }, () => wrong), log('beside')]);
    expect(rejected).toHaveLength(25);
    expect(await logsOf(run)).toEqual(['1 beside']);
    const [event] = await rows(
      `select (metadata -> 'count')::integer as count, jsonb_array_length(metadata -> 'items') as told
       from public.bot_events where run_id = $1 and type = 'report_rejected'`,
      [run.runId],
    );
    expect(event.count).toBe(25);
    expect(event.told).toBeGreaterThan(5);
  });
});

describe('What is refused as a whole', () => {
  it('is a report that is too large or is none, one for the run of another, and one with an old fencing token', async () => {
    const run = await holdRun(stack, owner, 'Whole');
    const others = await holdRun(stack, other, 'Of another');
    const call = async (changes: Record<string, unknown>) => {
      const args = { p_run_id: run.runId, p_fencing_token: 1, p_first_seq: 1, p_items: [log('no')], ...changes };
      const { status, error } = await run.runner.rpc('report_run', args as never);
      return `${status} ${error?.code}`;
    };
    expect(await call({ p_items: [log('x'.repeat(1_000_000))] })).toBe('422 invalid_request');
    expect(await call({ p_items: Array.from({ length: 501 }, () => log('no')) })).toBe('422 invalid_request');
    expect(await call({ p_items: { kind: 'log' } })).toBe('422 invalid_request');
    expect(await call({ p_items: [] })).toBe('422 invalid_request');
    expect(await call({ p_first_seq: 0 })).toBe('422 invalid_request');
    expect(await call({ p_run_id: others.runId })).toBe('404 run_not_found');
    expect(await call({ p_fencing_token: 0 })).toBe('409 stale_lease');
    expect(await call({ p_fencing_token: null })).toBe('409 stale_lease');
    const byOwner = await owner.client.rpc('report_run', {
      p_run_id: run.runId,
      p_fencing_token: 1,
      p_first_seq: 1,
      p_items: [log('no')],
    });
    expect(byOwner.error?.code).toBe('forbidden');
    expect(await logsOf(run)).toEqual([]);
    expect(await logsOf(others)).toEqual([]);
    expect(await run.report(1, [log('yes')])).toMatchObject({ last_seq: 1 });
  });
});

describe('The end of a run', () => {
  it('is refused while something is open, and then gives the bot back', async () => {
    const run = await holdRun(stack, owner, 'End');
    await Promise.all([run.admit('1'), run.admit('2', { side: 'sell' })]);
    const ended = { kind: 'run_ended', status: 'completed', at: AT };
    const receipt = await run.report(1, [
      fill('in'),
      ended,
      fill('out', { client_order_id: '2', side: 'sell' }),
      ended,
      fill('after'),
      log('goodbye'),
    ]);
    expect(receipt.rejected.map(({ seq, code }) => `${seq} ${code}`)).toEqual([
      '2 bot_has_open_positions',
      '5 run_ended',
    ]);
    expect(
      await rows(
        `select r.status, b.status as bot, l.released_at is not null as released from public.trading_runs r
         join public.bots b on b.id = r.bot_id join public.bot_leases l on l.run_id = r.id where r.id = $1`,
        [run.runId],
      ),
    ).toEqual([{ status: 'completed', bot: 'stopped', released: true }]);
    expect(await logsOf(run)).toEqual(['1 goodbye']);
    await expect(run.report(7, [log('too late')])).rejects.toMatchObject({ code: 'stale_lease' });
  });

  it('is not an error, which is counted, and a fatal one holds the bot', async () => {
    const run = await holdRun(stack, owner, 'Errors');
    const error = { kind: 'error', code: 'broker_down', message: 'no answer', at: AT };
    await run.report(1, [
      { ...error, is_fatal: false },
      { ...error, is_fatal: true },
    ]);
    expect(
      await rows(
        `select b.status, b.error_count, b.last_error, l.intent from public.bots b join public.bot_leases l on l.bot_id = b.id where b.id = $1`,
        [run.botId],
      ),
    ).toEqual([{ status: 'error', error_count: 2, last_error: 'no answer', intent: 'hold' }]);
    expect(await logsOf(run)).toEqual(['1 no answer', '2 no answer']);
  });

  it('of hundreds of errors writes the bot a few times, and keeps every one of them', async () => {
    const run = await holdRun(stack, owner, 'Broken for good');
    await rows(`create sequence public.bot_updates`);
    await rows(`
      create function public.count_update() returns trigger language plpgsql security definer as
      $$ begin perform nextval('public.bot_updates'); return new; end $$`);
    await rows(
      `create trigger count_update before update on public.bots for each row execute function public.count_update()`,
    );
    const errors = Array.from({ length: 497 }, (_, n) => ({
      kind: 'error',
      code: n % 2 === 0 ? 'broker_down' : 'no_prices',
      message: `error ${n}`,
      is_fatal: n % 3 === 0,
      at: AT,
    }));
    // Neither what only the tables refuse, nor ends that cannot be while something is open, make them dear.
    const refused = [
      fill('unknown', { option_details: { strike: 'x'.repeat(20_000) } }),
      { kind: 'run_ended', status: 'stopped', at: AT },
    ];
    await run.admit('1');
    const end = { kind: 'run_ended', status: 'error', error: 'gave up', at: AT };
    const receipt = await run.report(1, [...errors, ...refused, end]);
    expect(receipt).toMatchObject({ last_seq: 500, rejected: [{ seq: 498 }, { seq: 499 }] });
    const [{ updates }] = await rows('select last_value::integer as updates from public.bot_updates');
    await rows('drop function public.count_update() cascade');
    expect(updates).toBeLessThan(10);
    expect(await rows('select status, error_count, last_error from public.bots where id = $1', [run.botId])).toEqual([
      { status: 'error', error_count: 498, last_error: 'gave up' },
    ]);
    const events = await rows(
      `select type, message from public.bot_events where bot_id = $1 and severity = 'ERROR' order by id`,
      [run.botId],
    );
    expect(events).toHaveLength(167);
    expect(events.slice(0, 2)).toEqual([
      { type: 'broker_down', message: 'error 0' },
      { type: 'no_prices', message: 'error 3' },
    ]);
    expect(events.at(-1)).toEqual({ type: 'failed', message: 'gave up' });
    expect(await logsOf(run)).toHaveLength(497);
    const alerts = await rows('select message, metadata from public.alert_history where run_id = $1', [run.runId]);
    expect(alerts).toEqual([
      { message: 'The bot Broken for good is in the status error: error 0', metadata: { code: 'broker_down' } },
    ]);
  });
});

describe('The ledger of a run', () => {
  it('is read by its runner in pages, and by no other', async () => {
    const run = await holdRun(stack, owner, 'Ledger');
    const others = await holdRun(stack, other, 'Elsewhere');
    await run.admit('1');
    await run.report(1, [fill('a', { quantity: 3 }), fill('b', { quantity: 2 }), fill('c', { quantity: 1 })]);
    const read = await run.runner.rpc('run_ledger', { p_run_id: run.runId, p_after_fill: 1, p_limit: 1 });
    expect(read.data).toMatchObject({
      last_report_seq: 3,
      last_bar_at: null,
      positions: [{ symbol: 'ACME', quantity: 6 }],
      orders: [{ client_order_id: '1', status: 'partially_filled', quantity: 10, filled_quantity: 6 }],
      fills: [{ seq: 2, external_id: 'b' }],
    });
    const foreign = await others.runner.rpc('run_ledger', { p_run_id: run.runId });
    expect(foreign.error?.code).toBe('run_not_found');
  });

  it('takes a fill once, whatever number it comes with', async () => {
    const run = await holdRun(stack, owner, 'Once');
    await run.admit('1');
    const receipt = await run.report(1, [fill('x', { quantity: 3 }), fill('x', { quantity: 3 }), log('and more')]);
    expect(receipt.rejected).toEqual([]);
    expect(await rows('select open_quantity from public.positions where run_id = $1', [run.runId])).toEqual([
      { open_quantity: '3' },
    ]);
  });
});
