import type { ChildProcess } from 'node:child_process';

const children = new Map<ChildProcess, NodeJS.Signals>();

process.on('exit', () => {
  for (const [child, signal] of children) child.kill(signal);
});

/**
 * Makes sure that a child does not outlive this process when it ends without an orderly shutdown: an uncaught error,
 * `process.exit`. (Only `kill -9` leaves children behind; the next start ends those, see stack-state.ts.)
 */
export function killAtExit(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): void {
  children.set(child, signal);
  child.once('exit', () => children.delete(child));
}
