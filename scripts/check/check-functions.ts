import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from './run-command.ts';

/** Type-checks every Edge Function with its own deno.json, against the packages that npm installed. */
export async function checkFunctions(root: string): Promise<void> {
  for (const entry of globSync('supabase/functions/*/index.ts', { cwd: root })) {
    await runCommand(root, 'deno', [
      'check',
      '--config',
      join(dirname(entry), 'deno.json'),
      '--node-modules-dir=manual',
      entry,
    ]);
  }
}
