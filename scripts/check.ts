import { join } from 'node:path';
import { checkDatabase } from './check/check-database.ts';
import { checkFunctions } from './check/check-functions.ts';
import { findWrongImports } from './check/import-arrows.ts';
import { runCommand } from './check/run-command.ts';

const HELP = `Checks what can be checked without running a test.

Usage: npm run check

  types      tsc, strict
  lint       Biome: format, rules, import cycles
  arrows     imports between packages point one way
  functions  deno check of every Edge Function
  database   migrations apply to an empty database; generated types and schema dump are up to date; every table,
             policy and function keeps the rules in scripts/check/catalogue; Supabase's advisors find nothing
`;

const root = join(import.meta.dirname, '..');

const CHECKS: Record<string, () => Promise<void>> = {
  types: () => runCommand(root, 'tsc', ['--noEmit']),
  lint: () => runCommand(root, 'biome', ['ci', '--error-on-warnings', '--colors=off', '.']),
  arrows: async () => {
    const wrong = findWrongImports(root);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  },
  functions: () => checkFunctions(root),
  database: () => checkDatabase(root),
};

async function runCheck([name, check]: [string, () => Promise<void>]): Promise<boolean> {
  const startedAt = performance.now();
  let problem = '';
  await check().catch((error: unknown) => {
    problem = error instanceof Error ? error.message : String(error);
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${problem ? 'FAILED' : 'ok    '}  ${name.padEnd(10)} ${seconds.padStart(5)} s\n`);
  if (problem) process.stdout.write(`${problem.replaceAll(/^/gm, '        ')}\n`);
  return problem === '';
}

if (process.argv.slice(2).length > 0) {
  process.stdout.write(HELP);
  process.exitCode = process.argv.slice(2).every((argument) => argument === '--help' || argument === '-h') ? 0 : 2;
} else {
  const passed = await Promise.all(Object.entries(CHECKS).map(runCheck));
  process.exitCode = passed.every(Boolean) ? 0 : 1;
}
