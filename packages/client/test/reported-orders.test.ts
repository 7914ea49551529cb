import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { holdRun } from './support/hold-run.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp } from './support/personas.ts';
import { AT, fill, log } from './support/report-items.ts';

/** What reports make of the orders of a run. */
let stack: TestStack;
let owner: Persona;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  owner = await signUp(stack, 'owner');
});

afterAll(() => stack?.stop());

function rows(statement: string, values: unknown[] = []) {
  return asPostgres(stack, async (postgres) => (await postgres.query(statement, values)).rows);
}

describe('An order', () => {
  it('counts a fill that comes after its cancellation, and stays cancelled', async () => {
    const run = await holdRun(stack, owner, 'Late');
    await run.admit('1', { reserved_risk: 100 });
    const word = (status: string) => ({ kind: 'order', client_order_id: '1', status, at: AT });
    const { rejected } = await run.report(1, [
      word('accepted'),
      fill('early', { quantity: 4 }),
      word('submitted'),
      word('pending_cancel'),
      fill('meanwhile', { quantity: 1 }),
      word('cancelled'),
      fill('late', { quantity: 2 }),
      word('accepted'),
    ]);
    expect(rejected).toEqual([
      { seq: 8, code: 'illegal_transition', message: 'the order is cancelled and cannot become accepted' },
    ]);
    expect(
      await rows(
        `select o.status, o.filled_quantity, o.reserved_risk as of_order, p.open_quantity, p.reserved_risk from public.orders o
         join public.positions p on p.id = o.position_id where o.run_id = $1`,
        [run.runId],
      ),
    ).toEqual([
      // 50 for the half that filled in time, and all of the value of what came late.
      { status: 'cancelled', filled_quantity: '7', of_order: '0', open_quantity: '7', reserved_risk: '250' },
    ]);
  });

  it('whose size the fill settles may become twice what was reserved, once', async () => {
    const run = await holdRun(stack, owner, 'Sized');
    const sized = { is_sized_at_fill: true, reserved_value: 1000, reserved_risk: 100, reference_price: 100 };
    await run.admit('1', sized);
    const settle = (quantity: number) => ({
      kind: 'order',
      client_order_id: '1',
      status: 'submitted',
      quantity,
      at: AT,
    });
    const { rejected } = await run.report(1, [
      settle(20.1),
      fill('unsettled', { quantity: 20 }),
      settle(20),
      settle(15),
      fill('settled', { quantity: 20 }),
    ]);
    expect(rejected.map(({ seq, code }) => `${seq} ${code}`)).toEqual(['1 overfill', '2 overfill', '4 invalid_item']);
    expect(
      await rows('select status, quantity, reserved_value from public.orders where run_id = $1', [run.runId]),
    ).toEqual([{ status: 'filled', quantity: '20', reserved_value: '0' }]);
  });

  it('that sells options, and whose size the fill settles, is held against its size, not its strike', async () => {
    const run = await holdRun(stack, owner, 'Sized options');
    // Two puts with a strike of 100 for a premium of 1: reserved is the strike.
    await run.admit('1', {
      side: 'sell',
      quantity: 2,
      multiplier: 100,
      is_sized_at_fill: true,
      reserved_value: 20_000,
      reserved_risk: 20_000,
      reference_price: 1,
    });
    const { rejected } = await run.report(1, [
      { kind: 'order', client_order_id: '1', status: 'submitted', quantity: 5, at: AT },
    ]);
    expect(rejected.map(({ code }) => code)).toEqual(['overfill']);
  });

  it('that only reduces may be sized anew while it works, as a bracket grows with the parts of its entry', async () => {
    const run = await holdRun(stack, owner, 'Growing');
    await run.admit('1');
    const word = (client_order_id: string, also: object) => ({
      kind: 'order',
      client_order_id,
      status: 'accepted',
      at: AT,
      ...also,
    });
    const terms = { symbol: 'ACME', side: 'sell', type: 'stop', quantity: 4, stop_price: 95 };
    const exit = { client_order_id: 'stop', side: 'sell' };
    const { rejected } = await run.report(1, [
      fill('first part', { quantity: 4 }),
      word('stop', { terms }),
      fill('rest', { quantity: 6 }),
      word('stop', { quantity: 10 }),
      word('1', { quantity: 12 }),
      fill('out', { ...exit, quantity: 3 }),
      word('stop', { quantity: 3 }),
      fill('all out', { ...exit, quantity: 7 }),
      word('stop', { quantity: 20 }),
    ]);
    expect(rejected.map(({ seq, code }) => `${seq} ${code}`)).toEqual([
      '5 invalid_item',
      '7 invalid_item',
      '9 invalid_item',
    ]);
    expect(
      await rows('select status, quantity from public.orders where run_id = $1 order by client_order_id', [run.runId]),
    ).toEqual(Array(2).fill({ status: 'filled', quantity: '10' }));
  });

  it('is made by its terms where it only reduces, and refused alone where it does not', async () => {
    const run = await holdRun(stack, owner, 'Terms');
    await run.admit('1');
    const terms = { symbol: 'ACME', side: 'sell', type: 'stop', quantity: 10, stop_price: 95, reason: 'stop_loss' };
    const bracket = (client_order_id: string, also: object) => ({
      kind: 'order',
      client_order_id,
      status: 'accepted',
      terms: { ...terms, ...also },
      at: AT,
    });
    const { rejected } = await run.report(1, [
      fill('in'),
      bracket('stop', {}),
      bracket('more', { side: 'buy' }),
      bracket('odd', { colour: 'red' }),
      fill('out', { client_order_id: 'stop', side: 'sell', price: 95 }),
      log('closed'),
    ]);
    expect(rejected.map(({ seq, code }) => `${seq} ${code}`)).toEqual(['3 nothing_to_reduce', '4 invalid_item']);
    expect(await rows('select status, exit_reason from public.positions where run_id = $1', [run.runId])).toEqual([
      { status: 'closed', exit_reason: 'stop_loss' },
    ]);
    expect(await rows('select message from public.run_logs where run_id = $1', [run.runId])).toEqual([
      { message: 'closed' },
    ]);
  });
});
