import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { publicSigningKey } from '../config/stack-keys.ts';
import type { StackContext } from '../stack-context.ts';
import { functionsDir } from './find-functions.ts';

/** Names that begin so belong to the platform; hosted Supabase refuses them as secrets. */
const RESERVED_PREFIX = 'SUPABASE_';

/**
 * What a function finds in its environment: the platform's names, and the project's own from supabase/functions/.env.
 * Nothing of the parent's environment passes through.
 */
export function functionEnvironment(context: StackContext): Record<string, string> {
  const { keys, apiUrl } = context;
  return {
    // Of a hosted project an operator makes the key, has it trusted, and sets this secret: see supabase/functions/README.md.
    RUNNER_SIGNING_KEY: JSON.stringify(keys.signingKey),
    ...ownVariables(context),
    SUPABASE_URL: apiUrl,
    SUPABASE_DB_URL: context.databaseUrl('postgres'),
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
    SUPABASE_JWKS: JSON.stringify({ keys: [publicSigningKey(keys)] }),
    SUPABASE_ANON_KEY: keys.anonKey,
    SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleKey,
  };
}

function ownVariables({ config, log }: StackContext): Record<string, string> {
  const path = join(functionsDir(config.projectDir), '.env');
  if (!existsSync(path)) return {};
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(readFileSync(path, 'utf8')))) {
    if (value === undefined) continue;
    if (name.startsWith(RESERVED_PREFIX)) log('functions', `${path}: ${name} is reserved by Supabase and was skipped`);
    else variables[name] = value;
  }
  return variables;
}
