import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BarRequest, CandleFeed } from '../src/feeds/candle-feed.ts';
import { CandleReader } from '../src/feeds/candle-reader.ts';
import { ReplayFeed } from '../src/feeds/replay-feed.ts';
import { connectRunner } from '../src/index.ts';
import { PaperExecutor } from '../src/program/paper-executor.ts';
import { systemClock } from '../src/sdk/clock.ts';
import { NetworkLine } from './support/network-line.ts';
import { PaperDesk, REPLAY, SLOWLY } from './support/paper-desk.ts';
import { dayOfMinutes, OPEN_MS, seedCandles } from './support/seed-candles.ts';

/** The program through crashes of any kind: what is in the ledger is what the backtest does, whatever happened. */
const desk = new PaperDesk((stack) => seedCandles(stack, 'ACME', dayOfMinutes()));

describe('The runner program', () => {
  it('goes on after kill -9 at any moment: no fill twice, none left out', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('killed');
    let program = desk.startProgram(key, SLOWLY);
    await desk.startBot(botId);
    for (const [fills, next] of [
      [1, SLOWLY],
      [3, SLOWLY],
      [4, SLOWLY],
      [6, REPLAY],
    ] as const) {
      await desk.untilFills(botId, fills);
      await program.end('SIGKILL');
      program = desk.startProgram(key, next);
    }
    await desk.expectTheBacktest(botId, program);
  });

  it('goes on on another machine, which has nothing but the ledger', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('moved');
    const first = desk.startProgram(key, SLOWLY);
    await desk.startBot(botId);
    await desk.untilFills(botId, 3);
    await first.end('SIGKILL');
    // The same machine with an empty disk: its id is all that is left.
    const machine = (
      await desk.sql('select machine_id from public.runner_sessions where user_id = $1', [desk.owner.id])
    )[0];
    const dir = await mkdtemp(join(tmpdir(), 'runner-'));
    await writeFile(join(dir, 'machine-id'), machine.machine_id);
    const second = desk.startProgram(key, REPLAY, { stateDir: dir });
    await desk.expectTheBacktest(botId, second);
    await second.end();
    await rm(dir, { recursive: true, force: true });
  });

  it('pauses, and goes on as paused after a crash, and resumes', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('paused');
    // Far from the end of the day when it is paused, and when it resumes.
    const leisurely = [...REPLAY, '--speed', '1200'];
    const first = desk.startProgram(key, leisurely);
    await desk.startBot(botId);
    await desk.untilFills(botId, 2);
    await desk.owner.client.rpc('pause_bot', { p_bot_id: botId }).throwOnError();
    await expect.poll(() => desk.commandsOf(botId, 'pause_bot')).toEqual(['acknowledged']);
    await first.end('SIGKILL');
    const second = desk.startProgram(key, leisurely);
    // At most what was on its way to be filled when the pause came.
    const filled = (await desk.fillsOf(botId)).length;
    await desk.owner.client.rpc('resume_bot', { p_bot_id: botId }).throwOnError();
    await expect.poll(() => desk.commandsOf(botId, 'resume_bot')).toEqual(['acknowledged']);
    await second.end('SIGKILL');
    const third = desk.startProgram(key, REPLAY);
    await expect.poll(() => desk.statusOf(botId)).toBe('stopped');
    expect((await desk.fillsOf(botId)).length).toBeGreaterThan(filled);
    expect(await desk.runOf(botId)).toMatchObject({ status: 'completed' });
    expect(`${second.output}${third.output}`).not.toContain('the server refused a report');
    expect(`${second.output}${third.output}`).not.toContain('ledger differ');
  });

  it('trades on through a network that is cut, and through being taken to be offline', async () => {
    const botId = await desk.makeMinuteBot('cut off', { offline_policy: 'resume' });
    const line = await NetworkLine.to(desk.stack.apiUrl);
    const stateDir = await mkdtemp(join(tmpdir(), 'runner-'));
    const troubles: string[] = [];
    const runner = await connectRunner({
      url: line.url,
      publishableKey: desk.stack.keys.publishableKey,
      apiKey: await desk.makeKey(),
      version: '1',
      stateDir,
      backOff: { first_ms: 20, most_ms: 200 },
      onTrouble: ({ code }) => troubles.push(code),
    });
    const range = { from_ms: Date.parse('2024-03-05'), to_ms: Date.parse('2024-03-06'), speed: Infinity };
    const replay = new ReplayFeed(new CandleReader(runner.server, AbortSignal.timeout(300_000)), systemClock, range);
    const feed = new HaltingFeed(replay, [100, 200]);
    const said: unknown[] = [];
    const parts = { clock: systemClock, log: (...words: unknown[]) => void said.push(words), atEnd: 'close' as const };
    await runner.start(new PaperExecutor(runner, { ...parts, server: runner.server, feed, warmUpBars: 0 }));
    await desk.startBot(botId);
    await feed.halted(0);
    line.cut();
    await expect.poll(() => troubles).toContain('network_unreachable');
    await line.mend();
    feed.goOn(0);
    await feed.halted(1);
    line.cut();
    await desk.sql(
      `update public.runner_sessions set last_heartbeat_at = now() - interval '1 hour' where user_id = $1`,
      [desk.owner.id],
    );
    await desk.sql('select private.mark_silent_runners()');
    expect(await desk.statusOf(botId)).toBe('error');
    await line.mend();
    await expect.poll(() => desk.statusOf(botId)).toBe('running');
    feed.goOn(1);
    await desk.expectTheBacktest(botId, { output: JSON.stringify(said) });
    await runner.stop();
    await line.close();
    await rm(stateDir, { recursive: true, force: true });
  });
});

/** A replay that halts before some minutes of the day, each until it is told to go on: no bar comes meanwhile. */
class HaltingFeed implements CandleFeed {
  readonly name = 'halting';
  readonly #inner: CandleFeed;
  readonly #halts: { ts: number; reached: PromiseWithResolvers<void>; over: PromiseWithResolvers<void> }[];

  constructor(inner: CandleFeed, minutes: readonly number[]) {
    this.#inner = inner;
    this.#halts = minutes.map((minute) => ({
      ts: OPEN_MS + minute * 60_000,
      reached: Promise.withResolvers<void>(),
      over: Promise.withResolvers<void>(),
    }));
  }

  startOf = (started_ms: number) => this.#inner.startOf(started_ms);
  history: CandleFeed['history'] = (...range) => this.#inner.history(...range);

  async *bars(request: BarRequest) {
    const aborted = new Promise((resolve) => request.signal.addEventListener('abort', resolve, { once: true }));
    for await (const bars of this.#inner.bars(request)) {
      const halt = this.#halts.find(({ ts }) => ts === bars.bars[0]?.ts);
      halt?.reached.resolve();
      await Promise.race([halt?.over.promise, aborted]);
      request.signal.throwIfAborted();
      yield bars;
    }
  }

  async halted(place: number): Promise<void> {
    await this.#halts[place]?.reached.promise;
  }

  goOn(place: number): void {
    this.#halts[place]?.over.resolve();
  }
}
