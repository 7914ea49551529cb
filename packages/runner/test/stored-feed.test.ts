import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Candles } from '@tradebase/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CandleReader,
  type Clock,
  connectRunner,
  PaperExecutor,
  type Runner,
  StoredFeed,
  systemClock,
} from '../src/index.ts';
import { backtestFills, PaperDesk, SPEC, WHOLE } from './support/paper-desk.ts';
import { betweenCandles, dayOfMinutes, MINUTES, OPEN_MS, seedCandles } from './support/seed-candles.ts';

/** A runner that follows candles as somebody stores them. */
const desk = new PaperDesk(async () => {});
/** Looks for new candles more often than one would. */
const HASTY: Clock = { ...systemClock, wait: (ms, signal) => systemClock.wait(Math.min(ms, 100), signal) };

/** Of a day that is over, as if it were today. */
class FeedOfThatDay extends StoredFeed {
  override startOf(): number {
    return OPEN_MS;
  }
}

let runner: Runner;
let stateDir: string;
let symbols: string[];

beforeEach(async () => {
  symbols = ['A', 'B'].map((letter) => `${letter}${crypto.randomUUID().slice(0, 8).toUpperCase()}`);
  stateDir = await mkdtemp(join(tmpdir(), 'runner-'));
  runner = await connectRunner({
    url: desk.stack.apiUrl,
    publishableKey: desk.stack.keys.publishableKey,
    apiKey: await desk.makeKey(),
    version: '1',
    stateDir,
  });
  const feed = new FeedOfThatDay(new CandleReader(runner.server, new AbortController().signal), HASTY);
  const parts = {
    server: runner.server,
    feed,
    clock: systemClock,
    log: () => {},
    atEnd: 'hold',
    warmUpBars: 0,
  } as const;
  await runner.start(new PaperExecutor(runner, parts));
});

afterEach(async () => {
  await runner.stop();
  await rm(stateDir, { recursive: true, force: true });
});

const minute = (n: number) => new Date(OPEN_MS + n * 60_000);

/** That the run has seen so many minutes. */
async function untilMinute(botId: string, n: number): Promise<void> {
  await expect.poll(async () => (await desk.runOf(botId))?.last_bar_at, { interval: 20 }).toEqual(minute(n));
}

describe('The feed of stored candles', () => {
  it('follows candles as they are stored, fill by fill as the backtest does', async () => {
    const [symbol = ''] = symbols;
    const day = dayOfMinutes();
    await seedCandles(desk.stack, symbol, betweenCandles(day, 0, 100));
    const botId = await desk.makeMinuteBot('following', { symbols: [symbol] });
    await desk.startBot(botId);
    for (const [from, to] of [
      [100, 101],
      [101, 250],
      [250, MINUTES],
    ] as const) {
      await untilMinute(botId, from);
      await seedCandles(desk.stack, symbol, betweenCandles(day, from, to));
    }
    await untilMinute(botId, MINUTES);
    expect(await desk.fillsOf(botId)).toEqual(backtestFills({ strategy: SPEC, candles: { [symbol]: day } }));
  });

  it('waits for the candles of all symbols of a time, and goes on with those that are there', async () => {
    const [first = '', second = ''] = symbols;
    const [one, other] = [dayOfMinutes(200), dayOfMinutes(200, 1)];
    const strategy = { name: 'sma-cross', params: { fast: 3, slow: 8 } };
    await seedCandles(desk.stack, first, betweenCandles(one, 0, 100));
    await seedCandles(desk.stack, second, betweenCandles(other, 0, 99));
    const botId = await desk.makeMinuteBot('two', {
      symbols: [first, second],
      parameters: strategy.params,
      settings: WHOLE,
    });
    await desk.startBot(botId);
    await untilMinute(botId, 99);
    await seedCandles(desk.stack, second, betweenCandles(other, 99, 150));
    // Its last minutes never come: after a while the others go on alone.
    await seedCandles(desk.stack, first, betweenCandles(one, 100, 152));
    await untilMinute(botId, 152);
    const candles = { [first]: betweenCandles(one, 0, 152), [second]: betweenCandles(other, 0, 150) };
    expect(await desk.fillsOf(botId)).toEqual(backtestFills({ strategy, candles, settings: WHOLE }));
  });

  it('goes past a candle that is stored later than newer ones', async () => {
    const [symbol = ''] = symbols;
    const day = dayOfMinutes();
    const without = without50(day);
    await seedCandles(desk.stack, symbol, betweenCandles(without, 0, 99));
    const botId = await desk.makeMinuteBot('late', { symbols: [symbol] });
    await desk.startBot(botId);
    await untilMinute(botId, 100);
    await seedCandles(desk.stack, symbol, betweenCandles(day, 50, 51));
    await seedCandles(desk.stack, symbol, betweenCandles(day, 100, MINUTES));
    await untilMinute(botId, MINUTES);
    expect(await desk.fillsOf(botId)).toEqual(backtestFills({ strategy: SPEC, candles: { [symbol]: without } }));
  });
});

function without50(day: Candles): Candles {
  const parts = [betweenCandles(day, 0, 50), betweenCandles(day, 51, MINUTES)];
  const column = (name: keyof Candles) => Float64Array.from(parts.flatMap((part) => Array.from(part[name])));
  return {
    ts: column('ts'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  };
}
