import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type FunctionSource, functionsDir } from './find-functions.ts';
import type { HostArguments } from './host-protocol.ts';
import { type MergedImportMap, mergeImportMaps } from './merge-import-maps.ts';

/** How to start the Deno process for what is on disk now. */
export interface HostLaunch {
  readonly args: string[];
  /** Every folder whose change calls for a new process. */
  readonly folders: string[];
}

const MAIN = fileURLToPath(new URL('./host-main.deno.ts', import.meta.url));

/**
 * Arguments of the Deno process that serves `functions` on `socketPath`. Everything comes from the repository and its
 * node_modules: nothing is fetched, checked or locked. Functions may use the network, read their code and see the named
 * variables; they may not write, run programs or load libraries.
 *
 * Throws when a deno.json cannot be read or two of them disagree.
 */
export function hostLaunch(
  projectDir: string,
  functions: readonly FunctionSource[],
  socketPath: string,
  environment: Record<string, string>,
): HostLaunch {
  const importMap = mergeImportMaps(functions);
  const root = functionsDir(projectDir);
  const folders = [root, ...importMap.folders];
  const hostArguments: HostArguments = {
    socketPath,
    functions: functions.map(({ name, entrypoint }) => ({
      name,
      file: entrypoint,
      url: pathToFileURL(entrypoint).href,
    })),
  };
  return {
    folders,
    args: [
      'run',
      '--no-config',
      '--no-lock',
      '--no-check',
      '--no-remote',
      '--no-prompt',
      '--node-modules-dir=manual',
      // Otherwise a finished response aborts the signal of its request: hosted functions do not see that.
      '--unstable-no-legacy-abort',
      `--import-map=${importMapUrl(importMap)}`,
      '--allow-net',
      `--allow-env=${Object.keys(environment).join(',')}`,
      // Every other variable reads as undefined, as npm packages that look for one expect.
      '--ignore-env',
      `--allow-read=${pathList([...folders, ...nodeModulesFolders(root), socketPath])}`,
      `--allow-write=${pathList([socketPath])}`,
      MAIN,
      JSON.stringify(hostArguments),
    ],
  };
}

function importMapUrl({ imports }: MergedImportMap): string {
  return `data:application/importmap+json,${encodeURIComponent(JSON.stringify({ imports }))}`;
}

/** The node_modules folders that npm packages resolve from: those beside and above the functions. */
function nodeModulesFolders(from: string): string[] {
  const found: string[] = [];
  for (let dir = from; ; dir = dirname(dir)) {
    const candidate = join(dir, 'node_modules');
    if (existsSync(candidate)) found.push(candidate);
    if (dir === dirname(dir)) return found;
  }
}

/** Deno separates paths with a comma, and reads two as one that belongs to a path. */
function pathList(paths: readonly string[]): string {
  return paths.map((path) => path.replaceAll(',', ',,')).join(',');
}
