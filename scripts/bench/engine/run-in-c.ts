import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Compiles a program with gcc at -O3 for this machine, and returns the number that it prints first; null where there is no gcc. */
export function runInC(source: string, args: readonly number[]): number | null {
  const folder = mkdtempSync(join(tmpdir(), 'tradebase-bench-'));
  try {
    const [file, program] = [join(folder, 'loop.c'), join(folder, 'loop')];
    writeFileSync(file, source);
    execFileSync('gcc', ['-O3', '-march=native', '-o', program, file, '-lm'], { stdio: 'ignore' });
    return Number.parseFloat(execFileSync(program, args.map(String), { encoding: 'utf8' }));
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
