import { globSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** What the sources of each package may import of the others. Tests, and scripts, may import anything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'packages/contracts': [],
  'packages/engine': ['contracts'],
  'packages/learning': ['contracts'],
  'packages/market-data': ['contracts', 'engine', 'learning'],
  'packages/client': ['contracts', 'engine', 'learning'],
  'packages/runner': ['contracts', 'engine', 'learning', 'client'],
  'packages/local-stack': [],
  'supabase/functions': ['contracts', 'engine', 'learning'],
  workers: ['contracts', 'engine', 'learning', 'market-data', 'client', 'runner'],
};

/** Packages that promise to do no I/O. */
const PURE = ['packages/contracts', 'packages/engine', 'packages/learning'];

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g;

/** Lists imports that point the wrong way, one sentence each: empty when the arrows hold. */
export function findWrongImports(root: string): string[] {
  const wrong: string[] = [];
  for (const [home, allowed] of Object.entries(MAY_IMPORT)) {
    for (const file of globSync(`${home}/**/*.ts`, { cwd: root, exclude: ['**/node_modules/**'] })) {
      if (/(^|\/)(test|bench)\//.test(file)) continue;
      for (const [, specifier] of readFileSync(join(root, file), 'utf8').matchAll(IMPORT)) {
        const problem = specifier && judge(root, home, file, specifier, allowed);
        if (problem) wrong.push(`${file} imports ${specifier}: ${problem}`);
      }
    }
  }
  return wrong;
}

function judge(
  root: string,
  home: string,
  file: string,
  specifier: string,
  allowed: readonly string[],
): string | undefined {
  if (specifier.startsWith('.')) {
    const target = relative(join(root, home), resolve(join(root, file), '..', specifier));
    return target.startsWith('..') ? 'a relative import may not leave its package' : undefined;
  }
  if (PURE.includes(home) && (specifier.startsWith('node:') || specifier === 'pg')) return 'this package is pure';
  const name = /^@tradebase\/([a-z-]+)/.exec(specifier)?.[1];
  if (name === undefined || allowed.includes(name) || home === `packages/${name}`) return undefined;
  return allowed.length === 0 ? `${home} may import no other package` : `${home} may import ${allowed.join(', ')}`;
}
