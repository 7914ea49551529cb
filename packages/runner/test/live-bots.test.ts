import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { showSecondFactor, startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from '../../client/test/support/as-role.ts';
import { type EncryptionKey, giveEncryptionKey } from '../../client/test/support/encryption-key.ts';
import { invoke } from '../../client/test/support/invoke.ts';
import { liftLimits } from '../../client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../client/test/support/personas.ts';
import { RunnerProgram } from './support/runner-program.ts';
import { dayOfMinutes, seedCandles } from './support/seed-candles.ts';

/** Real money: what a bot needs before it may be started with it, and that the paper runner leaves it alone. */
let stack: TestStack;
let encryption: EncryptionKey;
let owner: Persona;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await liftLimits(stack);
  await seedCandles(stack, 'ACME', dayOfMinutes());
  encryption = await giveEncryptionKey(stack);
  owner = await signUp(stack, 'live');
});

afterAll(async () => {
  encryption?.discard();
  await stack?.stop();
});

const call = (method: 'GET' | 'POST' | 'PUT', path: string, body?: object) =>
  invoke(owner.client, method, `api${path}`, body);

const LIVE = { name: 'Live', strategy_type: 'sma-cross', symbols: ['ACME'], timeframe: '1m', mode: 'LIVE' };
const CAPS = { risk_per_trade: 10, daily_risk_cap: 50 };
const KRAKEN = { exchange: 'kraken', name: 'Main', key: 'abcdKEYKEYKEYKEYKEYwxyz', secret: 'bXkgc2VjcmV0' };

describe('A LIVE bot', () => {
  it('needs caps, a credential and a second factor shown just now, and the paper runner refuses it', async () => {
    const credential_id = (await call('POST', '/credentials', KRAKEN)).body.id;
    for (const without of [{}, CAPS, { credential_id }, { credential_id, risk_per_trade: 10 }]) {
      expect((await call('POST', '/bots', { ...LIVE, ...without })).body.code).toBe('live_caps_required');
    }
    const { id } = (await call('POST', '/bots', { ...LIVE, ...CAPS, credential_id })).body;
    const stateDir = await mkdtemp(join(tmpdir(), 'live-'));
    const permissions = ['runner:connect', 'runner:execute', 'data:read'];
    const { key } = (await call('POST', '/keys', { name: 'runner', permissions })).body;
    const program = new RunnerProgram(stack, key, stateDir);
    const user = owner.client.user.watch();
    try {
      await user.ready;
      await expect.poll(() => [...user.state.runners.values()]).toMatchObject([{ status: 'connected' }]);

      expect((await call('POST', `/bots/${id}/start`)).body.code).toBe('second_factor_required');
      await showSecondFactor(owner.client);
      await factorShown('16 minutes');
      expect((await call('POST', `/bots/${id}/start`)).body.code).toBe('recent_factor_required');
      await factorShown('1 minute');
      const started = await call('POST', `/bots/${id}/start`);
      expect(started.body).toMatchObject({ status: 'starting' });

      await expect.poll(() => user.state.bots.get(id)).toMatchObject({ status: 'error' });
      const bot = (await call('GET', `/bots/${id}`)).body;
      expect(bot.last_error).toContain('PAPER');
      const orders = await owner.client.from('orders').select('id').eq('bot_id', id);
      expect(orders.data).toEqual([]);
      const commands = await owner.client.from('runner_commands').select('status, error').eq('bot_id', id);
      expect(commands.data).toMatchObject([{ status: 'failed', error: { code: 'live_not_supported' } }]);
      expect(program.output).not.toContain(KRAKEN.secret);
    } finally {
      await user.stop();
      await program.end();
      await rm(stateDir, { recursive: true, force: true });
    }
  });
});

/** As if the factor had been shown so long ago: Auth says when in every token of the session. */
async function factorShown(ago: string): Promise<void> {
  await asPostgres(stack, (client) =>
    client.query(
      `update auth.mfa_amr_claims set updated_at = now() - $2::interval, created_at = now() - $2::interval
       where session_id in (select id from auth.sessions where user_id = $1)`,
      [owner.id, ago],
    ),
  );
  const { error } = await owner.client.auth.refreshSession();
  if (error) throw error;
}
