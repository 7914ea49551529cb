import { backtestJob } from './backtest.ts';
import { biasCheckJob } from './bias-check.ts';
import { deadBacktestJob } from './dead-backtest.ts';
import { deadBiasCheckJob, deadOptimiseJob } from './dead-study.ts';
import { deadTestCredentialJob } from './dead-test-credential.ts';
import type { Job } from './job.ts';
import { maintenanceJob } from './maintenance.ts';
import { optimiseJob } from './optimise.ts';
import { reencryptJob } from './reencrypt.ts';
import { testCredentialJob } from './test-credential.ts';

/** Every queue that workers consume. */
export const JOBS: readonly Job[] = [
  backtestJob,
  deadBacktestJob,
  optimiseJob,
  deadOptimiseJob,
  biasCheckJob,
  deadBiasCheckJob,
  maintenanceJob,
  testCredentialJob,
  deadTestCredentialJob,
  reencryptJob,
];
