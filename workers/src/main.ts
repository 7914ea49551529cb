import { jsonLog } from './log.ts';
import { startWorker, type Worker } from './worker.ts';
import { readWorkerConfig } from './worker-config.ts';

const HELP = `A Tradebase worker: consumes the job queues until it gets SIGINT or SIGTERM.

Usage: npm run worker

  TRADEBASE_WORKER_DATABASE_URL   connection as tradebase_worker, direct or session mode (required)
  TRADEBASE_WORKER_CONCURRENCY    CPU jobs at once; default: the number of cores
  TRADEBASE_WORKER_CACHE_MB       bound of the candle cache; default 512
  TRADEBASE_WORKER_MEMORY_MB      bound of what CPU jobs at once are expected to take; default: half of the memory there is. Jobs of more than twice as much are refused
  TRADEBASE_CREDENTIAL_KEY_DIR    folder of the private keys that open exchange credentials: see npm run keys
  TRADEBASE_CREDENTIAL_KEYS       or those keys themselves, armored, one after the other
  TRADEBASE_CREDENTIAL_KEY_PASSPHRASE   of the private keys, where they have one
  TRADEBASE_EXCHANGE_URL_OVERRIDES      {"kraken": "http://127.0.0.1:8080"}: for tests

Start as many as you like, on as many machines as you like: they share the queue.
`;

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(HELP);
} else {
  await run();
}

async function run(): Promise<void> {
  let worker: Worker;
  try {
    worker = await startWorker(readWorkerConfig(process.env), jsonLog);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
    return;
  }
  // Whoever started this process over IPC is told that it is ready, and takes it along when it goes.
  process.send?.('ready');
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= worker.stop().then(() => {
      if (process.connected) process.disconnect();
    });
  };
  const stopOrExit = () => {
    // A second signal does not wait for jobs in hand.
    if (stopping) process.exit(1);
    stop();
  };
  process.on('SIGINT', stopOrExit);
  process.on('SIGTERM', stopOrExit);
  process.on('disconnect', stop);
}
