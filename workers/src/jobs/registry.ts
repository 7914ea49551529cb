import { backtestJob } from './backtest.ts';
import { deadBacktestJob } from './dead-backtest.ts';
import { deadTestCredentialJob } from './dead-test-credential.ts';
import type { Job } from './job.ts';
import { maintenanceJob } from './maintenance.ts';
import { reencryptJob } from './reencrypt.ts';
import { testCredentialJob } from './test-credential.ts';

/** Every queue that workers consume. */
export const JOBS: readonly Job[] = [
  backtestJob,
  deadBacktestJob,
  maintenanceJob,
  testCredentialJob,
  deadTestCredentialJob,
  reencryptJob,
];
