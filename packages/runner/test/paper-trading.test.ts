import { describe, expect, it } from 'vitest';
import { PaperDesk, REPLAY, SLOWLY } from './support/paper-desk.ts';
import { dayOfMinutes, seedCandles } from './support/seed-candles.ts';

/** Bots that their owner starts and stops, and the program on a trader's machine trades on paper. */
const desk = new PaperDesk((stack) => seedCandles(stack, 'ACME', dayOfMinutes()));

describe('The runner program', () => {
  it('trades a replay on paper, fill by fill as the backtest does', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('whole day');
    const program = desk.startProgram(key, REPLAY);
    await desk.startBot(botId);
    await desk.expectTheBacktest(botId, program);
    const orders = await desk.sql('select status from public.orders where bot_id = $1', [botId]);
    expect(orders.every(({ status }) => status === 'filled')).toBe(true);
    expect(await program.end()).toBe(0);
    expect(await desk.sql('select status from public.runner_sessions where user_id = $1', [desk.owner.id])).toEqual([
      { status: 'disconnected' },
    ]);
  });

  it('closes what it holds when its owner stops the bot', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('stopped');
    const program = desk.startProgram(key, SLOWLY);
    await desk.startBot(botId);
    await desk.untilFills(botId, 1);
    await desk.owner.client.rpc('stop_bot', { p_bot_id: botId }).throwOnError();
    await expect.poll(() => desk.statusOf(botId)).toBe('stopped');
    expect(await desk.runOf(botId)).toMatchObject({ status: 'stopped' });
    expect(await desk.sql(`select 1 from public.positions where bot_id = $1 and status = 'open'`, [botId])).toEqual([]);
    const fills = await desk.fillsOf(botId);
    expect(fills.length % 2).toBe(0);
    expect(fills.at(-1)?.fee).toBeGreaterThan(0);
    expect(program.output).not.toContain('the server refused a report');
  });

  it('holds its positions through an emergency stop that does not close them, and closes them at one that does', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('halted');
    // Slow enough that a position is still open when the stop comes.
    desk.startProgram(key, [...REPLAY, '--speed', '1200', '--at-end', 'hold']);
    await desk.startBot(botId);
    await expect.poll(async () => (await desk.fillsOf(botId)).length % 2, { interval: 5 }).toBe(1);
    const halt = (p_close_positions: boolean) =>
      desk.owner.client
        .rpc('engage_emergency_stop', { p_scope: 'user', p_reason: 'enough', p_close_positions })
        .throwOnError();
    await halt(false);
    await expect.poll(() => desk.commandsOf(botId, 'emergency_stop')).toEqual(['acknowledged']);
    expect(await desk.statusOf(botId)).toBe('paused');
    await halt(true);
    await expect.poll(() => desk.statusOf(botId)).toBe('stopped');
    expect((await desk.fillsOf(botId)).length % 2).toBe(0);
  });

  it('refuses a LIVE bot, and says so to its owner', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('live');
    const program = desk.startProgram(key, REPLAY);
    await expect.poll(() => program.output).toContain('"ready');
    const [session] = await desk.sql('select id from public.runner_sessions where user_id = $1', [desk.owner.id]);
    const config = (await desk.sql('select private.run_config($1) as config', [botId]))[0].config;
    const payload = {
      run_id: crypto.randomUUID(),
      fencing_token: 1,
      resumes: false,
      paused: false,
      config: { ...config, mode: 'LIVE' },
    };
    await desk.sql(`select private.command_runner($1, 'start_bot', $2, $3)`, [
      session.id,
      botId,
      JSON.stringify(payload),
    ]);
    await expect.poll(() => desk.commandsOf(botId, 'start_bot')).toEqual(['failed']);
    const [command] = await desk.sql(`select error from public.runner_commands where bot_id = $1`, [botId]);
    expect(command.error).toMatchObject({ code: 'live_not_supported' });
  });

  it('ends with an exit code of its own when the key is refused, and never shows it', async () => {
    const key = await desk.makeKey();
    const refused = desk.startProgram(`${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`, REPLAY);
    expect(await refused.exit()).toBe(3);
    expect(refused.output).toContain('invalid_api_key');
    expect(refused.output).not.toContain(key.slice(12, -1));
  });

  it('says which key is refused when it is the publishable one', async () => {
    const key = await desk.makeKey();
    const refused = desk.startProgram(key, REPLAY, { publishableKey: 'sb_publishable_of_another_project' });
    expect(await refused.exit()).toBe(3);
    expect(refused.output).toContain('invalid_publishable_key');
    expect(refused.output).toContain('Give --publishable-key');
  });

  it('logs by the clock on the wall, and trades by that of the market', async () => {
    const key = await desk.makeKey();
    const botId = await desk.makeMinuteBot('clocks');
    desk.startProgram(key, REPLAY);
    await desk.startBot(botId);
    await expect.poll(() => desk.statusOf(botId)).toBe('stopped');
    const { id } = await desk.runOf(botId);
    const isRecent = (column: string) => `bool_and(${column} > now() - interval '10 minutes') as is_recent`;
    const logs = await desk.sql(
      `select ${isRecent('logged_at')}, bool_and(data ->> 'market_at' like '2024-03-0%') as has_market_time
       from public.run_logs where run_id = $1 and data is not null`,
      [id],
    );
    expect(logs).toEqual([{ is_recent: true, has_market_time: true }]);
    const events = await desk.sql(
      `select ${isRecent('occurred_at')} from public.bot_events where run_id = $1 and type = 'runner_decision'`,
      [id],
    );
    expect(events).toEqual([{ is_recent: true }]);
    const fills = await desk.fillsOf(botId);
    expect(fills.every(({ executed_at }) => executed_at < new Date('2024-03-06'))).toBe(true);
  });
});
