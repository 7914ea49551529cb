import { failStudy } from '../studies/fail-study.ts';
import type { Job } from './job.ts';

/** Jobs of a queue of studies that failed on every try: their owners learn that it will not happen. */
function deadStudyJob(queue: string): Job {
  return {
    queue,
    cpu: false,
    async handle(run, { database, log }) {
      // The job that failed has the id of its study. Its payload may be what no worker could read.
      if (run.sourceId === null) throw new Error('a dead job without the job it came from');
      await failStudy(database, run.sourceId, {
        code: 'worker_failed',
        message: 'the study failed on every try; its trials are kept. Request it again, or report its id',
      });
      log('error', 'study given up after its last try');
    },
  };
}

export const deadOptimiseJob: Job = deadStudyJob('optimise-dead');
export const deadBiasCheckJob: Job = deadStudyJob('bias-check-dead');
