import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { type HeldRun, holdRun } from './support/hold-run.ts';
import { liftLimits } from './support/lift-limits.ts';
import { ModelLedger } from './support/model-ledger.ts';
import { type Persona, signUp } from './support/personas.ts';

/** Positions, trades and profit as they follow from fills. */
let stack: TestStack;
let owner: Persona;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  owner = await signUp(stack, 'owner');
});

afterAll(() => stack?.stop());

const AT = '2024-01-02T10:00:00Z';

function rows(statement: string, values: unknown[] = []) {
  return asPostgres(stack, async (postgres) => (await postgres.query(statement, values)).rows);
}

/** Reports fills of orders that are as large as they are, one after another. */
async function trade(
  run: HeldRun,
  fills: readonly { side: 'buy' | 'sell'; quantity: number; price: number; fee?: number; symbol?: string }[],
) {
  for (const [index, { side, quantity, symbol = 'ACME' }] of fills.entries()) {
    await run.admit(`${index}`, { side, quantity, symbol });
  }
  return run.report(
    1,
    fills.map((fill, index) => ({
      kind: 'fill',
      client_order_id: `${index}`,
      external_id: `x${index}`,
      symbol: 'ACME',
      at: AT,
      ...fill,
    })),
  );
}

describe('Fills', () => {
  it('that add to a position and leave it in parts make a trade for each entry and exit, first in, first out', async () => {
    const run = await holdRun(stack, owner, 'Lots');
    await trade(run, [
      { side: 'buy', quantity: 10, price: 100, fee: 3 },
      { side: 'buy', quantity: 5, price: 110, fee: 1 },
      { side: 'sell', quantity: 12, price: 120, fee: 1 },
    ]);
    expect(
      await rows(
        `select quantity, entry_price, exit_price, commission, net_pnl, status from public.trades where run_id = $1 order by status, entry_fill_seq`,
        [run.runId],
      ),
    ).toEqual([
      {
        quantity: '10',
        entry_price: '100',
        exit_price: '120',
        commission: '3.833333333333333333',
        net_pnl: '196.166666666666666667',
        status: 'closed',
      },
      {
        quantity: '2',
        entry_price: '110',
        exit_price: '120',
        commission: '0.566666666666666667',
        net_pnl: '19.433333333333333333',
        status: 'closed',
      },
      { quantity: '3', entry_price: '110', exit_price: null, commission: '0.6', net_pnl: null, status: 'open' },
    ]);
    expect(
      await rows(
        `select quantity, open_quantity, trim_scale(realized_pnl) as realized, trim_scale(unrealized_pnl) as unrealized, fees from public.positions where run_id = $1`,
        [run.runId],
      ),
    ).toEqual([{ quantity: '15', open_quantity: '3', realized: '215.6', unrealized: '29.4', fees: '5' }]);
  });

  it('that are larger than the position turn it round', async () => {
    const run = await holdRun(stack, owner, 'Flip');
    await trade(run, [
      { side: 'buy', quantity: 4, price: 100 },
      { side: 'sell', quantity: 10, price: 90, fee: 1 },
    ]);
    expect(
      await rows(
        `select direction, status, quantity, open_quantity, trim_scale(realized_pnl) as realized, fees from public.positions where run_id = $1 order by direction`,
        [run.runId],
      ),
    ).toEqual([
      { direction: 'long', status: 'closed', quantity: '4', open_quantity: '0', realized: '-40.4', fees: '0.4' },
      { direction: 'short', status: 'open', quantity: '6', open_quantity: '6', realized: '0', fees: '0.6' },
    ]);
  });

  it.each([
    ['BTC/USDT', 'USDT', 2],
    ['BTC/USDT:USDT', 'USDT', 2],
    ['BTC/USDT', 'BTC', 200],
    ['BTC/USD:BTC', 'BTC', 200],
    ['BTC/USDT', 'BNB', 0],
    ['ACME', 'EUR', 2],
  ])('of %s with a fee in %s cost what it is worth, where that is known', async (symbol, fee_currency, cost) => {
    const run = await holdRun(stack, owner, `Fee of ${symbol} in ${fee_currency}`);
    await run.admit('1', { symbol });
    const bought = { kind: 'fill', client_order_id: '1', external_id: 'x', symbol, side: 'buy', quantity: 10, at: AT };
    await run.report(1, [{ ...bought, price: 100, fee: 2, fee_currency }]);
    const [position] = await rows('select fees::float, unrealized_pnl::float from public.positions where run_id = $1', [
      run.runId,
    ]);
    expect(position).toEqual({ fees: cost, unrealized_pnl: cost === 0 ? 0 : -cost });
  });

  it('of price 0 let an option expire', async () => {
    const run = await holdRun(stack, owner, 'Expiry');
    await run.admit('1', { symbol: 'ACME240119P00100000', side: 'sell', quantity: 2, multiplier: 100 });
    const option = { kind: 'fill', symbol: 'ACME240119P00100000', quantity: 2, at: AT };
    const { rejected } = await run.report(1, [
      { ...option, client_order_id: '1', external_id: 'sold', side: 'sell', price: 1.5, fee: 1 },
      { ...option, external_id: 'expired', side: 'buy', price: 0, reason: 'expiry' },
    ]);
    expect(rejected).toEqual([]);
    expect(
      await rows(
        'select status, exit_reason, trim_scale(realized_pnl) as realized from public.positions where run_id = $1',
        [run.runId],
      ),
    ).toEqual([{ status: 'expired', exit_reason: 'expiry', realized: '299' }]);
  });

  it('of an order that only reduces never open a position', async () => {
    const run = await holdRun(stack, owner, 'Reducing');
    await run.admit('1', { quantity: 5 });
    await run.admit('2', { side: 'sell', quantity: 10, reduce_only: true });
    const fill = { kind: 'fill', symbol: 'ACME', price: 100, at: AT };
    const { rejected } = await run.report(1, [
      { ...fill, client_order_id: '1', external_id: 'in', side: 'buy', quantity: 5 },
      { ...fill, client_order_id: '2', external_id: 'too much', side: 'sell', quantity: 6 },
      { ...fill, client_order_id: '2', external_id: 'out', side: 'sell', quantity: 5 },
    ]);
    expect(rejected).toEqual([
      { seq: 2, code: 'overfill', message: 'the order only reduces, and there are 5 to reduce' },
    ]);
  });

  it('that say all of a position but for the rounding of doubles close it, and turn nothing round', async () => {
    const run = await holdRun(stack, owner, 'Rounding');
    const exits = [0.1 + 0.2, 0.7 + 0.1, 0.3, 0.8] as const;
    const entries = [
      [0.1, 0.2],
      [0.7, 0.1],
      [0.1, 0.2],
      [0.7, 0.1],
    ] as const;
    const items = [];
    for (const [n, [first, second]] of entries.entries()) {
      const exit = exits[n] ?? 0;
      const reducing = n % 2 === 0;
      await run.admit(`in ${n}`, { quantity: String(first + second), reserved_value: 100, reserved_risk: 10 });
      await run.admit(`out ${n}`, { side: 'sell', quantity: String(exit), reduce_only: reducing });
      const fill = { kind: 'fill', symbol: 'ACME', price: 100, at: AT };
      items.push({ ...fill, client_order_id: `in ${n}`, external_id: `a${n}`, side: 'buy', quantity: first });
      items.push({ ...fill, client_order_id: `in ${n}`, external_id: `b${n}`, side: 'buy', quantity: second });
      items.push({ ...fill, client_order_id: `out ${n}`, external_id: `c${n}`, side: 'sell', quantity: exit });
    }
    expect((await run.report(1, items)).rejected).toEqual([]);
    expect(
      await rows(
        `select status, count(*)::integer, trim_scale(sum(open_quantity))::text as open from public.positions where run_id = $1 group by 1`,
        [run.runId],
      ),
    ).toEqual([{ status: 'closed', count: 4, open: '0' }]);
    expect(
      await rows(
        `select status, count(*)::integer, trim_scale(sum(reserved_value + reserved_risk))::text as reserved from public.orders where run_id = $1 group by 1`,
        [run.runId],
      ),
    ).toEqual([{ status: 'filled', count: 8, reserved: '0' }]);
    expect(
      await rows(
        `select abs(sum(case side when 'buy' then quantity else -quantity end)) < 1e-15 as is_even from public.fills where run_id = $1`,
        [run.runId],
      ),
    ).toEqual([{ is_even: true }]);
  });

  it('whose parts are not quite the order for rounding fill it, and close the whole position', async () => {
    const run = await holdRun(stack, owner, 'Doubles');
    // As programs reckon: the parts, added up, are not quite the whole.
    const [first, second, whole] = [6.156, 7.78, 23.11719535892856];
    await run.admit('1', { quantity: whole });
    await run.admit('2', { side: 'sell', quantity: 23.11719535892856, reduce_only: true });
    const fill = { kind: 'fill', symbol: 'ACME', price: 100, at: AT };
    const buy = (external_id: string, quantity: number) => {
      return { ...fill, client_order_id: '1', external_id, side: 'buy', quantity };
    };
    const { rejected } = await run.report(1, [
      buy('a', first),
      buy('b', second),
      buy('c', 9.181195358928559),
      buy('crumb', 1e-15),
      { ...fill, client_order_id: '2', external_id: 'out', side: 'sell', quantity: 23.11719535892856 },
    ]);
    expect(rejected.map(({ seq, code }) => `${seq} ${code}`)).toEqual(['4 overfill']);
    expect(
      await rows(
        `select o.status, o.quantity - o.filled_quantity = 0 as is_whole,
           o.filled_quantity = (select sum(f.quantity) from public.fills f where f.order_id = o.id) as is_filled_by_fills
         from public.orders o where o.run_id = $1`,
        [run.runId],
      ),
    ).toEqual(Array(2).fill({ status: 'filled', is_whole: true, is_filled_by_fills: true }));
    expect(
      await rows(
        `select status, trim_scale(open_quantity) as open_quantity, (select count(*)::int from public.trades t where t.position_id = p.id and t.status = 'closed') as trades
         from public.positions p where run_id = $1`,
        [run.runId],
      ),
    ).toEqual([{ status: 'closed', open_quantity: '0', trades: 3 }]);
  });

  const SYMBOLS = ['ACME', 'BTC/USDT'];
  const step = fc.record({
    kind: fc.constantFrom('fill', 'fill', 'fill', 'mark'),
    symbol: fc.constantFrom(...SYMBOLS),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    quantity: fc.integer({ min: 1, max: 50_000 }),
    price: fc.integer({ min: 1, max: 2_000_000 }),
    fee: fc.integer({ min: -1_000_000, max: 900_000_000 }),
  });

  it('lose no unit and no cent, in whatever order they come', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        count += 1;
        const run = await holdRun(stack, owner, `Property ${count}`);
        const model = new ModelLedger();
        await rows(
          `insert into public.orders (run_id, bot_id, user_id, client_order_id, symbol, side, type, quantity)
           select $1, $2, $3, s.n::text, s.step ->> 'symbol', s.step ->> 'side', 'market', (s.step ->> 'quantity')::numeric / 10000
           from jsonb_array_elements($4) with ordinality s (step, n)`,
          [run.runId, run.botId, owner.id, JSON.stringify(steps)],
        );
        const items = steps.map(({ kind, symbol, side, quantity, price, fee }, index) => {
          if (kind === 'mark') {
            model.mark(symbol, BigInt(price));
            return { kind, symbol, price: price / 10_000, at: later(index) };
          }
          model.fill({ symbol, side, quantity: BigInt(quantity), price: BigInt(price), fee: BigInt(fee) });
          const names = { client_order_id: `${index + 1}`, external_id: `x${index}` };
          return {
            kind,
            ...names,
            symbol,
            side,
            quantity: quantity / 10_000,
            price: price / 10_000,
            fee: fee / 1e8,
            at: later(index),
          };
        });
        const half = Math.ceil(items.length / 2);
        expect((await run.report(1, items.slice(0, half))).rejected).toEqual([]);
        if (items.length > half) {
          expect((await run.report(half + 1, items.slice(half))).rejected).toEqual([]);
        }
        expect(await ledgerOf(run)).toEqual([
          {
            ...Object.fromEntries(SYMBOLS.map((symbol, index) => [`held_${index}`, `${model.held(symbol)}`])),
            profit: `${model.profit}`,
            bot_profit: `${model.profit}`,
            open_trades: model.openLots,
            closed_trades: model.closedTrades,
            trade_count: model.closedTrades,
            positions_agree: true,
            trades_agree: true,
            fills_agree: true,
            orders_agree: true,
          },
        ]);
      }),
      { numRuns: 15 },
    );
  });
});

function later(index: number): string {
  return new Date(Date.parse(AT) + index * 60_000).toISOString();
}

/** What the database says of a run, and whether its tables agree with one another, exactly. */
function ledgerOf({ runId }: HeldRun) {
  return rows(
    `select
       trim_scale(coalesce(sum(case p.direction when 'long' then 1 else -1 end * p.open_quantity) filter (where p.symbol = 'ACME'), 0) * 10000)::text as held_0,
       trim_scale(coalesce(sum(case p.direction when 'long' then 1 else -1 end * p.open_quantity) filter (where p.symbol = 'BTC/USDT'), 0) * 10000)::text as held_1,
       trim_scale(r.total_pnl * 100000000)::text as profit, trim_scale(b.total_pnl * 100000000)::text as bot_profit, r.trade_count,
       (select count(*)::integer from public.trades t where t.run_id = r.id and t.status = 'open') as open_trades,
       (select count(*)::integer from public.trades t where t.run_id = r.id and t.status = 'closed') as closed_trades,
       r.total_pnl = coalesce(sum(p.realized_pnl + p.unrealized_pnl), 0) as positions_agree,
       (coalesce(sum(p.realized_pnl), 0), coalesce(sum(p.fees), 0), coalesce(sum(p.open_quantity), 0), coalesce(sum(p.open_value), 0)) = (
         select coalesce(sum(t.net_pnl), 0), coalesce(sum(t.commission), 0), coalesce(sum(t.quantity) filter (where t.status = 'open'), 0),
                 coalesce(sum(t.quantity * t.entry_price) filter (where t.status = 'open'), 0)
         from public.trades t where t.run_id = r.id
       ) as trades_agree,
       coalesce(sum(case p.direction when 'long' then 1 else -1 end * p.open_quantity), 0) = (
         select coalesce(sum(case f.side when 'buy' then 1 else -1 end * f.quantity), 0) from public.fills f where f.run_id = r.id
       ) as fills_agree,
       (select bool_and(o.status = 'filled' and o.filled_value = f.quantity * f.price) is not false
        from public.fills f join public.orders o on o.id = f.order_id where f.run_id = r.id) as orders_agree
     from public.trading_runs r join public.bots b on b.id = r.bot_id left join public.positions p on p.run_id = r.id
     where r.id = $1 group by r.id, b.id`,
    [runId],
  );
}
