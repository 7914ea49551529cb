import type { TopicExpectations } from '../expectation.ts';

/** Who may join which private Realtime topic. */
export const topics: TopicExpectations = {
  'user:<id>': { topic: (owner) => `user:${owner.userId}`, by: ['owner', 'service'] },
  'run:<id>': { topic: (owner) => `run:${owner.row('trading_runs').id}`, by: ['owner', 'service'] },
  'runner:<id>': { topic: (owner) => `runner:${owner.row('runner_sessions').id}`, by: ['runner', 'service'] },
};
