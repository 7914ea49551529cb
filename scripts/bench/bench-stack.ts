import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@tradebase/local-stack/testing';
import type { Figure } from './figure.ts';

const CLI = join(import.meta.dirname, '..', '..', 'packages', 'local-stack', 'src', 'cli.ts');

/** Boots the stack on an empty state folder, then again on the same: the command line, from start to ready. */
export async function benchStack(): Promise<Figure[]> {
  const stateDir = mkdtempSync(join(tmpdir(), 'tradebase-bench-'));
  const [apiPort, dbPort] = [String(await findFreePort()), String(await findFreePort())];
  const env = {
    ...process.env,
    TRADEBASE_STATE_DIR: stateDir,
    TRADEBASE_API_PORT: apiPort,
    TRADEBASE_DB_PORT: dbPort,
  };
  const boot = async () => {
    const startedAt = performance.now();
    await run(env, 'start');
    const seconds = (performance.now() - startedAt) / 1000;
    await run(env, 'stop');
    return seconds;
  };
  try {
    const cold = await boot();
    const warm = [await boot(), await boot(), await boot()].sort((a, b) => a - b)[1] as number;
    return [
      { name: 'stack.boot_cold_s', value: cold, unit: 's', target: 6 },
      { name: 'stack.boot_warm_s', value: warm, unit: 's', target: 3 },
    ];
  } finally {
    await run(env, 'reset');
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function run(env: NodeJS.ProcessEnv, command: string): Promise<void> {
  const child = spawn(process.execPath, [CLI, command], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code === 0) return;
  const log = join(env.TRADEBASE_STATE_DIR ?? '', 'stack.log');
  throw new Error(`stack ${command} failed: ${readFileSync(log, 'utf8')}`);
}
