import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { runCli } from '@tradebase/local-stack';

const HEADER = `// Generated from the migrations by "npm run generate": do not edit.
`;

/** The database's TypeScript types as the Supabase CLI generates them, formatted. */
export async function generateTypes(databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  url.password = '';
  const types = await runCli(['gen', 'types', `--remote=${url.href}`, '--lang', 'typescript', '--schema', 'public'], {
    PGPASSWORD: password,
  });
  const biome = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'biome');
  return HEADER + execFileSync(biome, ['format', '--stdin-file-path=types.ts'], { input: types, encoding: 'utf8' });
}
