import { hostname } from 'node:os';

/** Who opened a credential, in the log of openings: this process, so that its own log can be found. */
export function workerName(): string {
  return `worker ${hostname().slice(0, 100)}/${process.pid}`;
}
