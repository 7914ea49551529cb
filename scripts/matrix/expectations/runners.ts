import type { DomainExpectation } from '../expectation.ts';

/** API keys, and the runners that connect with them. The runner's token is one of the owner's session made here. */
export const runners: DomainExpectation = {
  api_keys: {
    kind: 'owned',
    row: ({ userId }) => ({
      user_id: userId,
      name: 'Matrix',
      // Hexadecimal digits are in the prefixes' alphabet.
      prefix: userId.slice(0, 8),
      secret_hash: `\\x${'5a'.repeat(32)}`,
      permissions: ['runner:connect', 'runner:execute', 'data:read'],
    }),
    select: ['owner', 'viewer', 'service'],
    hidden: ['secret_hash'],
  },
  runner_sessions: {
    kind: 'owned',
    row: (tenant) => ({
      user_id: tenant.userId,
      api_key_id: tenant.row('api_keys').id,
      machine_id: 'matrix',
      machine_info: { os: 'linux' },
      version: '1.0.0',
    }),
    select: ['owner', 'viewer', 'runner', 'service'],
  },
  runner_commands: {
    kind: 'owned',
    // A trigger gives the number.
    row: (tenant) => ({
      user_id: tenant.userId,
      runner_session_id: tenant.row('runner_sessions').id,
      type: 'ping',
      payload: {},
    }),
    key: ['runner_session_id', 'seq'],
    select: ['owner', 'viewer', 'runner', 'service'],
  },
};
