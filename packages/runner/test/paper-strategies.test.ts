import { describe, expect, it } from 'vitest';
import { backtestFills, PaperDesk, REPLAY, SLOWLY, SPEC, WHOLE } from './support/paper-desk.ts';
import { dayOfMinutes, seedCandles, wildDay } from './support/seed-candles.ts';

/** Strategies on paper and their backtests: the same fills. */
const desk = new PaperDesk(async (stack) => {
  await seedCandles(stack, 'ACME', dayOfMinutes());
  await seedCandles(stack, 'WILD', wildDay());
  await seedCandles(stack, 'OTHER', dayOfMinutes(undefined, 1));
});

/** Of rules and of events, with one lot and with several. */
const KINDS = [
  'breakout-scalping',
  'rsi-mean-reversion',
  'bollinger-mean-reversion',
  'macd-rsi',
  'momentum',
  'grid',
  'dca',
];

describe('The runner program', () => {
  it('trades strategies of every kind like their backtests, side by side, through a crash', async () => {
    const key = await desk.makeKey();
    const bots = await Promise.all(
      KINDS.map(async (name) => ({
        name,
        id: await desk.makeMinuteBot(name, { strategy_type: name, parameters: {}, settings: WHOLE }),
      })),
    );
    const first = desk.startProgram(key, SLOWLY);
    for (const { id } of bots) await desk.startBot(id);
    await expect
      .poll(async () => (await Promise.all(bots.map(({ id }) => desk.fillsOf(id)))).flat().length)
      .toBeGreaterThan(8);
    await first.end('SIGKILL');
    const second = desk.startProgram(key, REPLAY);
    for (const { name, id } of bots) {
      await expect.poll(() => desk.statusOf(id)).toBe('stopped');
      const expected = backtestFills({ strategy: { name }, candles: { ACME: dayOfMinutes() }, settings: WHOLE });
      const fills = await desk.fillsOf(id);
      expect({ name, fills: fills.slice(0, expected.length) }).toEqual({ name, fills: expected });
      expect(await desk.runOf(id)).toMatchObject({ status: 'completed', error: null });
    }
    expect(`${first.output}${second.output}`).not.toContain('the server refused a report');
  });

  it('trades orders that rest, and are replaced at every bar, through crashes', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('grid', { strategy_type: 'grid', parameters: {}, settings: WHOLE });
    const oneHour = ['--to', '2024-03-05T15:30:00Z'];
    const expected = backtestFills({
      strategy: { name: 'grid' },
      candles: { ACME: dayOfMinutes(60) },
      settings: WHOLE,
    });
    expect(expected.length).toBeGreaterThan(4);
    let program = desk.startProgram(key, [...SLOWLY, ...oneHour]);
    await desk.startBot(botId);
    for (const [part, next] of [
      [0.2, SLOWLY],
      [0.5, SLOWLY],
      [0.8, REPLAY],
    ] as const) {
      const fills = Math.ceil(expected.length * part);
      await desk.untilFills(botId, fills);
      await program.end('SIGKILL');
      program = desk.startProgram(key, [...next, ...oneHour]);
    }
    await expect.poll(() => desk.statusOf(botId)).toBe('stopped');
    expect((await desk.fillsOf(botId)).slice(0, expected.length)).toEqual(expected);
    expect(program.output).not.toContain('ledger differ');
  });

  it('keeps stops, targets and trailing stops of the rules of its owner, fill by fill, through a crash', async () => {
    const rules = {
      name: 'bracketed',
      long: { entry: 'crosses_above(close, sma(close, 20))' },
      short: { entry: 'crosses_below(close, sma(close, 20))' },
      stop_loss: { percent: 0.6 },
      take_profit: { percent: 1.5 },
      trailing_stop: { percent: 0.3, activate: { percent: 0.8 } },
    };
    const about = { symbols: ['WILD'], settings: WHOLE, ...(await versionOf(rules)) };
    const botId = await desk.makeMinuteBot('bracketed', about);
    const expected = backtestFills({ strategy: rules, candles: { WILD: wildDay() }, settings: WHOLE });
    await expectThroughCrash(botId, expected);
    const reasons = await desk.sql('select distinct exit_reason from public.positions where bot_id = $1', [botId]);
    expect(reasons.map(({ exit_reason }) => exit_reason)).toEqual(
      expect.arrayContaining(['stop_loss', 'take_profit', 'trailing_stop']),
    );
  });

  it('trades several symbols in one bot', async () => {
    const symbols = ['ACME', 'OTHER'];
    const params = { window: 30, entry_z: 1.2, exit_z: 0.2 };
    const botId = await desk.makeMinuteBot('pairs', {
      strategy_type: 'pairs',
      parameters: params,
      symbols,
      settings: WHOLE,
    });
    const candles = { ACME: dayOfMinutes(), OTHER: dayOfMinutes(undefined, 1) };
    await expectThroughCrash(botId, backtestFills({ strategy: { name: 'pairs', params }, candles, settings: WHOLE }));
  });

  it('fills in part what is large for its market, and the rest later', async () => {
    const settings = { ...WHOLE, fills: { max_volume_share: 0.0003 } };
    const botId = await desk.makeMinuteBot('large', { settings });
    const expected = backtestFills({ strategy: SPEC, candles: { ACME: dayOfMinutes() }, settings });
    const whole = backtestFills({ strategy: SPEC, candles: { ACME: dayOfMinutes() }, settings: WHOLE });
    expect(expected.length).toBeGreaterThan(2 * whole.length);
    await expectThroughCrash(botId, expected);
  });
});

/** Stores a strategy as its owner does. */
async function versionOf(spec: { name: string }): Promise<object> {
  const { client } = desk.owner;
  const { data } = await client.from('strategies').insert({ name: spec.name }).select('id').single().throwOnError();
  // The database numbers it.
  await client
    .from('strategy_versions')
    .insert({ strategy_id: data.id, spec } as never)
    .throwOnError();
  return { strategy_type: 'rules', parameters: {}, strategy_id: data.id, strategy_version: 1 };
}

/** That a bot does what its backtest does, though the program is killed in the middle. */
async function expectThroughCrash(botId: string, expected: readonly object[]): Promise<void> {
  expect(expected.length).toBeGreaterThan(6);
  const key = await desk.makeKey();
  const first = desk.startProgram(key, SLOWLY);
  await desk.startBot(botId);
  await desk.untilFills(botId, Math.floor(expected.length / 2));
  await first.end('SIGKILL');
  const second = desk.startProgram(key, REPLAY);
  await expect.poll(() => desk.statusOf(botId)).toBe('stopped');
  expect((await desk.fillsOf(botId)).slice(0, expected.length)).toEqual(expected);
  expect(await desk.runOf(botId)).toMatchObject({ status: 'completed', error: null });
  expect(`${first.output}${second.output}`).not.toContain('the server refused a report');
}
