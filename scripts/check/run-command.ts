import { execFile } from 'node:child_process';
import { join } from 'node:path';

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs an installed program. Rejects with what it printed when it fails. */
export function runCommand(root: string, name: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(
      join(root, 'node_modules', '.bin', name),
      args,
      { cwd: root, maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout, stderr) => (error ? reject(new Error(`${stdout}${stderr}`.trim() || error.message)) : resolve()),
    );
  });
}
