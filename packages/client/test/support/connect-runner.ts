import { RunnerToken } from '@tradebase/contracts';
import type { StackAddress } from '@tradebase/local-stack/testing';
import { z } from 'zod';
import type { TradebaseClient } from '../../src/index.ts';
import { asService, type Persona, withToken } from './personas.ts';
import { mintRunnerToken } from './runner-token.ts';

/** What most keys of runners allow. */
export const RUNNER_PERMISSIONS = ['runner:connect', 'runner:execute', 'data:read'];

const SessionGrant = RunnerToken.omit({ token: true, expires_at: true }).extend({ api_key_id: z.guid() });

/** A runner that is connected, and whose it is. */
export interface ConnectedRunner extends Pick<RunnerToken, 'session_id' | 'user_id' | 'epoch'> {
  readonly owner: Persona;
  readonly apiKeyId: string;
  /** The API key itself. */
  readonly key: string;
  readonly machineId: string;
  /** Calls the Data API as the runner does. */
  readonly client: TradebaseClient;
}

/** Makes an API key as its owner does, shown this once. */
export async function makeKey(
  owner: Persona,
  permissions = RUNNER_PERMISSIONS,
  more: { p_ip_allowlist?: string[]; p_expires_at?: string } = {},
): Promise<{ key: string; id: string }> {
  const { data, error } = await owner.client.rpc('create_api_key', {
    p_name: 'runner',
    p_permissions: permissions,
    ...more,
  });
  if (error) throw error;
  return { key: String(data.key), id: String(data.id) };
}

/** Connects a machine with a key as the function `runner` does, by default with a new one. */
export async function connectRunner(
  stack: StackAddress,
  owner: Persona,
  options: { key?: string; machineId?: string; permissions?: string[] } = {},
): Promise<ConnectedRunner> {
  const { machineId = `machine-${crypto.randomUUID()}`, permissions = RUNNER_PERMISSIONS } = options;
  const key = options.key ?? (await makeKey(owner, permissions)).key;
  const { data, error } = await asService(stack).rpc('connect_runner', {
    p_key: key,
    p_ip: '203.0.113.9',
    p_machine_id: machineId,
    p_machine_info: { os: 'linux' },
    p_version: '1.0.0',
  });
  if (error) throw error;
  const { session_id, user_id, api_key_id, epoch } = SessionGrant.parse(data);
  const token = await mintRunnerToken(stack, {
    sessionId: session_id,
    userId: user_id,
    apiKeyId: api_key_id,
    permissions,
    epoch,
  });
  return { owner, session_id, user_id, epoch, apiKeyId: api_key_id, key, machineId, client: withToken(stack, token) };
}
