import type { DomainExpectation, Persona } from '../expectation.ts';

const READERS: readonly Persona[] = ['owner', 'viewer', 'runner', 'service'];
const SPEC = { name: 'sma-cross', params: { fast: 2, slow: 5 } };

/** Strategies with their versions, templates and workspaces: written by their owners. */
export const strategies: DomainExpectation = {
  strategies: {
    kind: 'owned',
    row: ({ userId }) => ({ user_id: userId, name: 'Matrix' }),
    select: READERS,
    insert: { by: ['owner'], values: () => ({ name: 'Second' }) },
    update: { by: ['owner'], values: () => ({ description: 'Changed' }) },
    delete: ['owner'],
  },
  strategy_versions: {
    kind: 'owned',
    row: (tenant) => ({ strategy_id: tenant.row('strategies').id, user_id: tenant.userId, spec: SPEC }),
    select: READERS,
    insert: { by: ['owner'], values: (tenant) => ({ strategy_id: tenant.row('strategies').id, spec: SPEC }) },
  },
  // Neither public nor shared with another: what those two change is tested with strategies.
  strategy_templates: {
    kind: 'owned',
    row: ({ userId }) => ({ user_id: userId, name: 'Matrix', template_data: SPEC }),
    select: ['owner', 'viewer', 'service'],
    insert: { by: ['owner'], values: () => ({ name: 'Second', template_data: SPEC }) },
    update: { by: ['owner'], values: () => ({ description: 'Changed' }) },
    delete: ['owner'],
  },
  // With oneself, which means nothing: the matrix knows of no other user here.
  strategy_template_shares: {
    kind: 'owned',
    row: (tenant) => ({
      template_id: tenant.row('strategy_templates').id,
      user_id: tenant.userId,
      shared_with: tenant.userId,
    }),
    key: ['template_id', 'shared_with'],
    select: ['owner', 'viewer', 'service'],
    insert: {
      by: ['owner'],
      values: (tenant) => ({ template_id: tenant.row('strategy_templates').id, shared_with: tenant.userId }),
    },
    delete: ['owner'],
  },
  workspaces: {
    kind: 'owned',
    row: ({ userId }) => ({ user_id: userId, name: 'Matrix', data: { open: [] } }),
    select: ['owner', 'viewer', 'service'],
    insert: { by: ['owner'], values: () => ({ name: 'Second' }) },
    update: { by: ['owner'], values: () => ({ data: { open: ['ACME'] } }) },
    delete: ['owner'],
  },
};
