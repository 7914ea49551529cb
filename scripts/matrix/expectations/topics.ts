import type { TopicExpectations } from '../expectation.ts';

/** Who may join which private Realtime topic. */
export const topics: TopicExpectations = {
  'user:<id>': { topic: (owner) => `user:${owner.userId}`, by: ['owner', 'service'] },
};
