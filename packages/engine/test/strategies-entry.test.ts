import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defineRuleStrategy } from '../src/strategies/define-rule-strategy.ts';
import { checkStrategySpec } from '../src/strategies/index.ts';

const SOURCE = join(import.meta.dirname, '..', 'src');
const IMPORT = /^(?:import|export)(?! type)[^;]*?from '(\.[^']+)'/gms;

/** The folders of all modules that a module loads. */
function foldersOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set();
  seen.add(file);
  expect(existsSync(file), file).toBe(true);
  const folders = new Set([dirname(relative(SOURCE, file)).split('/')[0] ?? '']);
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    for (const folder of foldersOf(join(dirname(file), path), seen)) folders.add(folder);
  }
  return folders;
}

describe('The part of the engine that checks strategies', () => {
  it('loads nothing that runs, measures or optimises them: functions start in that time', () => {
    const folders = foldersOf(join(SOURCE, 'strategies', 'index.ts'));
    expect(folders).toContain('expressions');
    for (const heavy of ['compiled', 'simulator', 'optimiser', 'report', 'metrics', 'bias']) {
      expect(folders).not.toContain(heavy);
    }
  });

  it('finds a mistake as the whole engine does', () => {
    expect(checkStrategySpec({ name: 'sma-cross', params: { fast: 30, slow: 10 } })).toEqual([
      { path: 'params', message: expect.stringContaining('fast < slow is required') },
    ]);
  });

  it('reads the rules of built-in strategies when they are first needed', () => {
    const broken = defineRuleStrategy({ name: 'broken', long: { entry: 'crystal_ball > 1' } }, { title: 'Broken' });
    expect(broken.title).toBe('Broken');
    expect(() => broken.build({})).toThrow('crystal_ball');
  });
});
