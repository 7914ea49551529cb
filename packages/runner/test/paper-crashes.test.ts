import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NetworkLine } from './support/network-line.ts';
import { PaperDesk, SLOWLY } from './support/paper-desk.ts';
import { dayOfMinutes, seedCandles } from './support/seed-candles.ts';

/** The program through crashes of any kind: what is in the ledger is what the backtest does, whatever happened. */
const desk = new PaperDesk((stack) => seedCandles(stack, 'ACME', dayOfMinutes()));

describe('The runner program', () => {
  it('goes on after kill -9 at any moment: no fill twice, none left out', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('killed');
    // A minute in 10 ms.
    let program = desk.startProgram(key, SLOWLY);
    await desk.startBot(botId);
    for (const fills of [1, 3, 4, 6]) {
      await desk.untilFills(botId, fills);
      await program.end('SIGKILL');
      program = desk.startProgram(key, SLOWLY);
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
    const second = desk.startProgram(key, SLOWLY, { stateDir: dir });
    await desk.expectTheBacktest(botId, second);
    await second.end();
    await rm(dir, { recursive: true, force: true });
  });

  it('pauses, and goes on as paused after a crash, and resumes', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('paused');
    const first = desk.startProgram(key, SLOWLY);
    await desk.startBot(botId);
    await expect.poll(async () => (await desk.fillsOf(botId)).length, { interval: 5 }).toBe(2);
    await desk.owner.client.rpc('pause_bot', { p_bot_id: botId }).throwOnError();
    await expect.poll(() => desk.commandsOf(botId, 'pause_bot')).toEqual(['acknowledged']);
    await first.end('SIGKILL');
    const second = desk.startProgram(key, SLOWLY);
    // At most what was on its way to be filled when the pause came.
    const filled = (await desk.fillsOf(botId)).length;
    await desk.owner.client.rpc('resume_bot', { p_bot_id: botId }).throwOnError();
    await expect.poll(() => desk.commandsOf(botId, 'resume_bot')).toEqual(['acknowledged']);
    await expect.poll(() => desk.statusOf(botId)).toBe('stopped');
    expect((await desk.fillsOf(botId)).length).toBeGreaterThan(filled);
    expect(await desk.runOf(botId)).toMatchObject({ status: 'completed' });
    expect(second.output).not.toContain('the server refused a report');
    expect(second.output).not.toContain('ledger differ');
  });

  it('trades on through a network that is cut, and through being taken to be offline', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('cut off', { offline_policy: 'resume' });
    const line = await NetworkLine.to(desk.stack.apiUrl);
    const program = desk.startProgram(key, SLOWLY, { apiUrl: line.url });
    await desk.startBot(botId);
    await expect.poll(async () => (await desk.fillsOf(botId)).length, { interval: 5 }).toBe(1);
    line.cut();
    await expect.poll(() => program.output).toContain('cannot be reached');
    await line.mend();
    await desk.untilFills(botId, 3);
    line.cut();
    await desk.sql(
      `update public.runner_sessions set last_heartbeat_at = now() - interval '1 hour' where user_id = $1`,
      [desk.owner.id],
    );
    await desk.sql('select private.mark_silent_runners()');
    expect(await desk.statusOf(botId)).toBe('error');
    await line.mend();
    await desk.expectTheBacktest(botId, program);
    await line.close();
  });
});
