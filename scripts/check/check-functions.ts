import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from './run-command.ts';

/** Offline and apart from the lock file: npm has installed what the functions import. */
const FLAGS = ['--quiet', '--no-lock', '--node-modules-dir=manual'];
const HOST = 'packages/local-stack/src/functions/host-main.deno.ts';

/** Type-checks every Edge Function with its own deno.json, and the program that hosts them. */
export async function checkFunctions(root: string): Promise<void> {
  for (const entry of globSync('supabase/functions/*/index.ts', { cwd: root })) {
    await runCommand(root, 'deno', ['check', ...FLAGS, '--config', join(dirname(entry), 'deno.json'), entry]);
  }
  await runCommand(root, 'deno', ['check', ...FLAGS, '--no-config', HOST]);
}
