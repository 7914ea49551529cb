import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TradebaseClient } from '@tradebase/client';
import { z } from 'zod';
import { postToApi } from './post-to-api.ts';

/** Where the API key of the demonstration is kept for the next start. */
export const demoKeyPath = (stateDir: string): string => join(stateDir, 'demo-api-key');

/** The API key with which the demo user's runner connects: that of the last start while it is good, else a new one. */
export async function readDemoKey(client: TradebaseClient, stateDir: string): Promise<string> {
  const path = demoKeyPath(stateDir);
  if (existsSync(path)) {
    const key = readFileSync(path, 'utf8').trim();
    const { data, error } = await client
      .from('api_keys')
      .select('id')
      .eq('prefix', key.split('_')[1] ?? '')
      .is('revoked_at', null);
    if (error) throw error;
    if (data.length > 0) return key;
  }
  const permissions = ['runner:connect', 'runner:execute'];
  const { key } = await postToApi(client, 'keys', z.object({ key: z.string() }), { name: 'npm start', permissions });
  writeFileSync(path, key, { mode: 0o600 });
  return key;
}
