import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const REGISTRY_FILE = 'registry.generated.ts';

const EXPORT = /^export const (\w+): StrategyDefinition\b/gm;

/**
 * The list of the built-in strategies, as a module: the engine does no I/O, so it cannot look into its own folder. Every
 * file but the list exports one definition.
 */
export function strategyRegistry(folder: string): string {
  const strategies = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && file !== REGISTRY_FILE)
    .sort()
    .map((file) => ({ file, name: exportedName(join(folder, file)) }));
  const imports = strategies.map(({ file, name }) => `import { ${name} } from './${file}';`);
  return `// Generated from the files of this folder by "npm run generate": do not edit.
import type { StrategyDefinition } from '../strategy-definition.ts';
${imports.join('\n')}

/** The strategies that the engine has. */
${formatList(strategies.map(({ name }) => name))}
`;
}

/** One line where it fits, as the formatter has it. */
function formatList(names: readonly string[]): string {
  const start = 'export const BUILT_IN_STRATEGIES: readonly StrategyDefinition[] = [';
  const line = `${start}${names.join(', ')}];`;
  return line.length <= 120 ? line : `${start}\n${names.map((name) => `  ${name},\n`).join('')}];`;
}

function exportedName(path: string): string {
  const [match, another] = [...readFileSync(path, 'utf8').matchAll(EXPORT)];
  if (!match?.[1] || another) throw new Error(`${path} must export one constant of type StrategyDefinition`);
  return match[1];
}
