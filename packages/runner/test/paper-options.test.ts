import type { ParameterValues } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { dailyCandles } from './support/daily-candles.ts';
import { backtestOf, PaperDesk } from './support/paper-desk.ts';
import { seedCandles } from './support/seed-candles.ts';

/** Options on paper: contracts in the ledger by the names that exchanges give them, and the fills of the backtest. */
const DAYS = 300;
const CANDLES = dailyCandles(DAYS);
const END = new Date((CANDLES.ts.at(-1) ?? 0) + 1).toISOString();
const REPLAY = ['--feed', 'replay', '--from', '2018-01-01', '--to', END, '--at-end', 'close'];
const CASH = 100_000;
/** Held to the end now and then, so that something expires and something is assigned. */
const STRATEGIES: Readonly<Record<string, ParameterValues>> = {
  'put-lite': { profit_target_pct: 100, stop_pct: 1000, delta: 0.4 },
  'buy-write': { profit_target_pct: 100 },
  condor: {},
  'gamma-burst': {},
};

const desk = new PaperDesk((stack) => seedCandles(stack, 'SPY', CANDLES, '1d'));

function makeOptionBot(name: string, more: object = {}): Promise<string> {
  return desk.makeMinuteBot(name, {
    strategy_type: name,
    parameters: STRATEGIES[name],
    symbols: ['SPY'],
    timeframe: '1d',
    initial_balance: CASH,
    settings: {},
    ...more,
  });
}

/** `2018-02-16 270 put` as exchanges write it. */
function contractSymbol(contract: string): string {
  const [day = '', strike = '', right = ''] = contract.split(' ');
  const thousandths = String(Number(strike) * 1000).padStart(8, '0');
  return `SPY${day.slice(2).replaceAll('-', '')}${right.slice(0, 1).toUpperCase()}${thousandths}`;
}

/** What the backtest fills, shares first, by symbol and in order. */
function expectedFills(name: string) {
  const params = STRATEGIES[name] ?? {};
  const run = {
    strategy: { name, params },
    candles: { SPY: CANDLES },
    timeframe: '1d',
    settings: {},
    initial_cash: CASH,
  } as const;
  const { fills, option_fills = [] } = backtestOf(run);
  const shares = (fills ?? []).map(({ side, quantity, price, fee, ts }) => {
    return { symbol: 'SPY', side, quantity, price, fee, executed_at: new Date(ts) };
  });
  const contracts = option_fills.map(({ contract, quantity, price, fee, ts }) => {
    const side = quantity > 0 ? 'buy' : 'sell';
    return {
      symbol: contractSymbol(contract),
      side,
      quantity: Math.abs(quantity),
      price,
      fee,
      executed_at: new Date(ts),
    };
  });
  return { shares, contracts, reasons: option_fills.map(({ reason }) => reason) };
}

async function expectFills(botId: string, name: string): Promise<void> {
  const { shares, contracts } = expectedFills(name);
  const fills = await desk.fillsOf(botId);
  const isShare = ({ symbol }: { symbol: string }) => symbol === 'SPY';
  expect({ name, fills: fills.filter((fill) => !isShare(fill)).slice(0, contracts.length) }).toEqual({
    name,
    fills: contracts,
  });
  expect({ name, fills: fills.filter(isShare).slice(0, shares.length) }).toEqual({ name, fills: shares });
}

describe('Options on paper', () => {
  it('trades every strategy of options like its backtest, through kill -9', async () => {
    const key = await desk.makeKey();
    const bots = await Promise.all(
      Object.keys(STRATEGIES).map(async (name) => ({ name, id: await makeOptionBot(name) })),
    );
    // A day in 20 ms.
    const slowly = [...REPLAY, '--speed', String(50 * 86_400)];
    const first = desk.startProgram(key, slowly);
    for (const { id } of bots) await desk.startBot(id);
    await expect
      .poll(async () => (await Promise.all(bots.map(({ id }) => desk.fillsOf(id)))).every(({ length }) => length > 1), {
        interval: 5,
      })
      .toBe(true);
    await first.end('SIGKILL');
    const second = desk.startProgram(key, [...REPLAY, '--speed', 'max']);
    for (const { name, id } of bots) {
      await expect.poll(() => desk.statusOf(id)).toBe('stopped');
      expect(await desk.runOf(id)).toMatchObject({ status: 'completed', error: null });
      await expectFills(id, name);
    }
    expect(`${first.output}${second.output}`).not.toContain('the server refused a report');
    expect(`${first.output}${second.output}`).not.toContain('ledger differ');
  });

  it('knows what a contract is, and how it ended', async () => {
    const { reasons } = expectedFills('put-lite');
    expect(reasons).toContain('assignment');
    expect(reasons).toContain('expiry');
    const key = await desk.makeKey();
    const botId = await makeOptionBot('put-lite');
    desk.startProgram(key, REPLAY);
    await desk.startBot(botId);
    await expect.poll(() => desk.statusOf(botId)).toBe('stopped');
    const positions = await desk.sql(
      'select symbol, status, exit_reason, multiplier::int, option_details from public.positions where bot_id = $1 order by opened_at',
      [botId],
    );
    const puts = positions.filter(({ option_details }) => option_details !== null);
    expect(puts[0]).toMatchObject({ multiplier: 100, option_details: { underlying: 'SPY', right: 'put' } });
    const ends = puts.map(({ status, exit_reason }) => `${status} ${exit_reason}`);
    expect(ends).toEqual(expect.arrayContaining(['expired expiry', 'closed assignment']));
    expect(puts.every(({ status }) => status !== 'open')).toBe(true);
  });

  it('closes what it holds when its owner stops the bot', async () => {
    const key = await desk.makeKey();
    const botId = await makeOptionBot('condor');
    const program = desk.startProgram(key, [...REPLAY, '--speed', String(20 * 86_400)]);
    await desk.startBot(botId);
    await desk.untilFills(botId, 4);
    await desk.owner.client.rpc('stop_bot', { p_bot_id: botId }).throwOnError();
    await expect.poll(() => desk.statusOf(botId)).toBe('stopped');
    expect(await desk.sql(`select 1 from public.positions where bot_id = $1 and status = 'open'`, [botId])).toEqual([]);
    expect(program.output).not.toContain('the server refused a report');
  });

  it('opens no leg where the gate refuses one of them', async () => {
    const key = await desk.makeKey();
    // Two of the four legs are sold: their strikes are over the cap, and what is bought beside them is not.
    const botId = await makeOptionBot('condor', { max_order_value: 5000 });
    desk.startProgram(key, [...REPLAY, '--to', '2018-03-10']);
    await desk.startBot(botId);
    await expect.poll(() => desk.statusOf(botId)).toBe('stopped');
    expect(await desk.fillsOf(botId)).toEqual([]);
    const orders = await desk.sql('select distinct side, status from public.orders where bot_id = $1 order by side', [
      botId,
    ]);
    expect(orders).toEqual([
      { side: 'buy', status: 'cancelled' },
      { side: 'sell', status: 'rejected' },
    ]);
  });
});
