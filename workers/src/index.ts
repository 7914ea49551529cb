export { jsonLog, type Log } from './log.ts';
export { startWorker, type Worker } from './worker.ts';
export { readWorkerConfig, type WorkerConfig } from './worker-config.ts';
