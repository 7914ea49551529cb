import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FunctionSource } from './find-functions.ts';

/** One import map for the process that serves all functions. */
export interface MergedImportMap {
  readonly imports: Record<string, string>;
  /** Folders outside the functions that the map points into, such as packages/contracts/src. */
  readonly folders: string[];
}

/**
 * Joins the `imports` of the functions' deno.json files; relative targets become absolute file URLs. On hosted each
 * function has a map of its own, here they share one: two functions that map a specifier differently are an error.
 */
export function mergeImportMaps(functions: readonly FunctionSource[]): MergedImportMap {
  const merged = new Map<string, { target: string; definedIn: string }>();
  for (const { denoConfig } of functions) {
    if (!denoConfig) continue;
    for (const [specifier, written] of Object.entries(readImports(denoConfig))) {
      const target = isPath(written) ? toFileUrl(denoConfig, written) : written;
      const known = merged.get(specifier);
      if (known && known.target !== target) {
        throw new Error(
          `${known.definedIn} maps "${specifier}" to ${known.target}, but ${denoConfig} maps it to ${target}: ` +
            'all functions are served by one process, so they must agree',
        );
      }
      merged.set(specifier, { target, definedIn: known?.definedIn ?? denoConfig });
    }
  }
  const imports = Object.fromEntries([...merged].map(([specifier, { target }]) => [specifier, target]));
  const files = Object.values(imports).filter((target) => target.startsWith('file:'));
  return { imports, folders: [...new Set(files.map((file) => folderOf(fileURLToPath(file))))] };
}

function readImports(path: string): Record<string, string> {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof config !== 'object' || config === null || !('imports' in config)) return {};
  const { imports } = config;
  if (typeof imports !== 'object' || imports === null) throw new Error(`${path}: imports must be an object`);
  for (const [specifier, target] of Object.entries(imports)) {
    if (typeof target !== 'string') throw new Error(`${path}: imports["${specifier}"] must be a string`);
  }
  return imports as Record<string, string>;
}

function isPath(target: string): boolean {
  return target.startsWith('./') || target.startsWith('../') || target.startsWith('/');
}

/** The slash at the end of a folder's target has a meaning in import maps, and `resolve` drops it. */
function toFileUrl(denoConfig: string, target: string): string {
  const url = pathToFileURL(resolve(dirname(denoConfig), target)).href;
  return target.endsWith('/') && !url.endsWith('/') ? `${url}/` : url;
}

function folderOf(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : dirname(path);
}
