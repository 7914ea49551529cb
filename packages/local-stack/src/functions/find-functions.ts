import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One Edge Function on disk. */
export interface FunctionSource {
  /** Its folder's name, which is also the first segment of its URL path. */
  readonly name: string;
  readonly entrypoint: string;
  /** Its deno.json, when it has one. */
  readonly denoConfig: string | undefined;
}

/** Where the functions of a project live. */
export function functionsDir(projectDir: string): string {
  return join(projectDir, 'supabase', 'functions');
}

/**
 * Every function below supabase/functions, by name: each folder with an index.ts. A leading underscore marks shared
 * code, and a function that `enabled` refuses is left out.
 */
export function findFunctions(projectDir: string, enabled: (name: string) => boolean): FunctionSource[] {
  const root = functionsDir(projectDir);
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_') && !entry.name.startsWith('.'))
    .map(({ name }) => ({ name, folder: join(root, name), entrypoint: join(root, name, 'index.ts') }))
    .filter(({ name, entrypoint }) => existsSync(entrypoint) && enabled(name))
    .map(({ name, folder, entrypoint }) => ({ name, entrypoint, denoConfig: findDenoConfig(folder) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function findDenoConfig(folder: string): string | undefined {
  const path = join(folder, 'deno.json');
  return existsSync(path) ? path : undefined;
}
