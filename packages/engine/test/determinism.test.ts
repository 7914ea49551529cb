import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { denoBinary } from '../../local-stack/src/functions/deno-binary.ts';
import { receiptsOfRuns } from './support/receipts-of-runs.ts';

const urlOf = (path: string) => new URL(path, import.meta.url).href;

describe('the engine', () => {
  it('gives the same bytes in Node and in Deno, without leave to read anything but its source', () => {
    const imports = {
      '@tradebase/contracts': urlOf('../../contracts/src/index.ts'),
      '@tradebase/engine': urlOf('../src/index.ts'),
    };
    const importMap = `data:application/importmap+json,${encodeURIComponent(JSON.stringify({ imports }))}`;
    const options = ['--no-config', '--no-lock', '--no-check', '--no-remote', '--no-prompt', '--ignore-env'];
    const script = fileURLToPath(urlOf('./support/receipts.deno.ts'));
    const output = execFileSync(
      denoBinary(),
      ['run', ...options, '--node-modules-dir=manual', `--import-map=${importMap}`, script],
      { encoding: 'utf8', maxBuffer: 2 ** 24 },
    );
    const here: unknown = JSON.parse(JSON.stringify(receiptsOfRuns()));
    expect(JSON.parse(output)).toEqual(here);
  });
});
