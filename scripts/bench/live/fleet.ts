import { createTradebaseClient, type TradebaseClient } from '@tradebase/client';
import { HeartbeatAnswer, RunnerToken } from '@tradebase/contracts';
import type { StackAddress } from '@tradebase/local-stack/testing';
import { type Persona, signUp, withToken } from '../../../packages/client/test/support/personas.ts';
import { makeBot } from '../../../packages/client/test/support/seed-trading.ts';

/** A runner that came in by the function `runner`, with a bot that its owner has started on it. */
export interface FleetRunner {
  readonly sessionId: string;
  readonly token: string;
  readonly client: TradebaseClient;
  readonly botId: string;
  readonly runId: string;
}

/** Runners of one user, each with its machine and its bot. */
export interface Fleet {
  readonly owner: Persona;
  readonly runners: readonly FleetRunner[];
}

export async function openFleet(stack: StackAddress, size: number): Promise<Fleet> {
  const owner = await signUp(stack, 'fleet');
  const { data, error } = await owner.client.rpc('create_api_key', {
    p_name: 'fleet',
    p_permissions: ['runner:connect', 'runner:execute', 'data:read'],
  });
  if (error) throw error;
  const runners: FleetRunner[] = [];
  for (let n = 0; n < size; n += 1) runners.push(await addRunner(stack, owner, String(data.key), `machine-${n}`));
  return { owner, runners };
}

async function addRunner(stack: StackAddress, owner: Persona, apiKey: string, machine: string): Promise<FleetRunner> {
  const { token, session_id } = await authenticate(stack, apiKey, machine);
  const client = withToken(stack, token);
  const botId = await makeBot(owner, { name: machine });
  const started = await owner.client.rpc('start_bot', { p_bot_id: botId, p_runner_session_id: session_id });
  if (started.error) throw started.error;
  const { run_id } = started.data as { run_id: string };
  for (const { seq } of (await beat({ client, botId })).commands) {
    const { error } = await client.rpc('acknowledge_command', { p_seq: seq });
    if (error) throw error;
  }
  return { sessionId: session_id, token, client, botId, runId: run_id };
}

async function authenticate(stack: StackAddress, apiKey: string, machine: string): Promise<RunnerToken> {
  const anyone = createTradebaseClient(stack.apiUrl, stack.keys.publishableKey, { auth: { persistSession: false } });
  const { data, error } = await anyone.functions.invoke('runner/authenticate', {
    body: { api_key: apiKey, machine_id: machine, machine_info: { os: 'linux' }, version: '1.0.0' },
  });
  if (error) throw error;
  return RunnerToken.parse(data);
}

/** One heartbeat, through the gateway. */
export async function beat({ client, botId }: Pick<FleetRunner, 'client' | 'botId'>): Promise<HeartbeatAnswer> {
  const { data, error } = await client.rpc('runner_heartbeat', {
    p_machine_info: { os: 'linux', cpus: 4, memory_mb: 8192 },
    p_active_bot_ids: [botId],
    p_sent_at: new Date().toISOString(),
  });
  if (error) throw error;
  return HeartbeatAnswer.parse(data);
}
