import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { type HeldRun, holdRun } from './support/hold-run.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp } from './support/personas.ts';

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

const AT = '2024-01-02T10:00:00Z';
const log = (message: string, also: object = {}) => ({ kind: 'log', level: 'INFO', message, at: AT, ...also });
const fill = (external_id: string, also: object = {}) => ({
  kind: 'fill',
  client_order_id: '1',
  external_id,
  symbol: 'ACME',
  side: 'buy',
  quantity: 10,
  price: 100,
  at: AT,
  ...also,
});

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
});
