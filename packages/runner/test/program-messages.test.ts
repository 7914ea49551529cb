import { afterEach, describe, expect, it } from 'vitest';
import { connectRunner } from '../../client/test/support/connect-runner.ts';
import { goOffline, seedRunner } from '../../client/test/support/seed-runner.ts';
import { NetworkLine } from './support/network-line.ts';
import { PaperDesk, SLOWLY } from './support/paper-desk.ts';
import type { RunnerProgram } from './support/runner-program.ts';
import { dayOfMinutes, seedCandles } from './support/seed-candles.ts';

/** What the program tells whoever looks at it when something takes its bots from it: what happened, and what to do. */
const desk = new PaperDesk((stack) => seedCandles(stack, 'ACME', dayOfMinutes()));
let line: NetworkLine | undefined;

afterEach(() => {
  line?.cut();
  line = undefined;
});

interface Line {
  readonly level: string;
  readonly message: string;
  readonly code?: string;
  readonly fix?: string;
}

const linesOf = ({ output }: RunnerProgram): Line[] =>
  output
    .split('\n')
    .filter((text) => text.startsWith('{') && text.endsWith('}'))
    .map((text) => JSON.parse(text));

/** Resolves when the program has said it, as a warning. */
const hears = (program: RunnerProgram, words: RegExp) =>
  expect
    .poll(() => linesOf(program).find(({ message }) => words.test(message)), { timeout: 10_000 })
    .toMatchObject({ level: 'warn' });

/** A program that executes a bot, more slowly than a test lasts. */
async function trading() {
  const key = await desk.makeKey();
  line = await NetworkLine.to(desk.stack.apiUrl);
  const program = desk.startProgram(key, [...SLOWLY, '--speed', '1000'], { apiUrl: line.url });
  const botId = await desk.makeMinuteBot('Gambler');
  await desk.startBot(botId);
  await expect.poll(() => desk.statusOf(botId), { timeout: 10_000 }).toBe('running');
  const [session] = await desk.sql('select id, machine_id, api_key_id from public.runner_sessions where user_id = $1', [
    desk.owner.id,
  ]);
  return { key, program, botId, session, line };
}

describe('The program', () => {
  it('that is superseded says by what, and what to do, and not that it tries again', async () => {
    const { key, program, session } = await trading();
    await connectRunner(desk.stack, desk.owner, { key, machineId: session.machine_id });
    expect(await program.exit()).toBe(4);
    expect(linesOf(program).at(-1)).toMatchObject({
      level: 'error',
      code: 'runner_superseded',
      message: expect.stringContaining('the same machine has connected again'),
      fix: expect.stringMatching(/Stop one of them.*--state-dir/),
    });
    expect(program.output).not.toContain('trying again');
  });

  it('whose key is revoked says so, and what to do, and not that it tries again', async () => {
    const { program, session } = await trading();
    await desk.owner.client.rpc('revoke_api_key', { p_api_key_id: session.api_key_id }).throwOnError();
    expect(await program.exit()).toBe(3);
    expect(linesOf(program).at(-1)).toMatchObject({
      level: 'error',
      code: 'invalid_api_key',
      message: expect.stringContaining('revoked'),
      fix: expect.stringContaining('Make another API key'),
    });
    expect(program.output).not.toContain('trying again');
  });

  it('whose bot was given to another runner says which, and how to have it back', async () => {
    const { program, botId } = await trading();
    const second = await seedRunner(desk.stack, desk.owner, 'second');
    await desk.sql(`select private.fail_bot(run_id, 'broken', 'It broke') from public.bot_leases where bot_id = $1`, [
      botId,
    ]);
    await desk.owner.client.rpc('start_bot', { p_bot_id: botId, p_runner_session_id: second.sessionId }).throwOnError();
    await hears(program, /^Gambler: executed here no more: .*another runner.*api\/bots\/:id\/start.*runner_session_id/);
  });

  it('that is told of an emergency stop says why, what it does, and what releases it', async () => {
    const { program } = await trading();
    await desk.owner.client.rpc('engage_emergency_stop', { p_scope: 'user', p_reason: 'Smoke' }).throwOnError();
    await hears(program, /^emergency stop \(Smoke\): open orders are cancelled.*DELETE .*emergency-stop\/:id.*admin/);
  });

  it('that the server had given up says so, and what its owner is to decide', async () => {
    const { program, session, botId } = await trading();
    const holds = async () =>
      (await desk.sql(`select from public.positions where bot_id = $1 and status = 'open'`, [botId])).length;
    await expect.poll(holds, { timeout: 10_000 }).toBe(1);
    await goOffline(desk.stack, session.id);
    await hears(program, /runner_not_connected\); trying again\. .*connects anew by itself.*offline_policy/);
    await hears(program, /^Gambler: held until its owner decides: .*\/start.*\/stop/);
  });

  it('that cannot reach the server says that its bots wait', async () => {
    const { program, line } = await trading();
    line.cut();
    await hears(program, /cannot be reached \(network_unreachable\); trying again\. Check the network and --url/);
  });
});
