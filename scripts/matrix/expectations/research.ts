import type { DomainExpectation, Persona, Row, Tenant } from '../expectation.ts';

const READERS: readonly Persona[] = ['owner', 'viewer', 'runner', 'service'];

/** A series that has candles. */
const series = (tenant: Tenant): Row => {
  const { instrument_id, timeframe } = tenant.row('candle_coverage');
  return { instrument_id, timeframe };
};

const study = (tenant: Tenant): Row => ({
  ...series(tenant),
  name: 'Matrix',
  kind: 'grid',
  spec: { strategy: { name: 'sma-cross' } },
  objective: 'sharpe',
});

/**
 * Studies: requested, cancelled and, once they have ended, deleted by their owners. Models are not yet requested by users,
 * as no worker would take them up. All else is the workers'.
 */
export const research: DomainExpectation = {
  studies: {
    kind: 'owned',
    // The candle is what the request needs. It has ended, so that it may be deleted; cancelling it again is allowed too.
    row: (tenant) =>
      tenant.row('candles') && {
        ...study(tenant),
        user_id: tenant.userId,
        status: 'cancelled',
        finished_at: '2024-01-01T00:00:00Z',
      },
    select: READERS,
    insert: { by: ['owner'], values: study },
    update: { by: ['owner'], values: () => ({ status: 'cancelled' }) },
    delete: ['owner'],
  },
  // Made by the study.
  strategy_trial_counts: {
    kind: 'owned',
    row: (tenant) => ({ user_id: tenant.userId, family: 'name:matrix' }),
    key: ['user_id', 'family'],
    select: READERS,
  },
  trials: {
    kind: 'owned',
    row: (tenant) => ({ study_id: tenant.row('studies').id, number: 1, user_id: tenant.userId, params: {} }),
    key: ['study_id', 'number'],
    select: READERS,
  },
  models: {
    kind: 'owned',
    row: (tenant) => ({
      ...series(tenant),
      user_id: tenant.userId,
      name: 'Matrix',
      kind: 'gradient-boosting',
      task: 'classification',
      feature_spec: {},
    }),
    select: READERS,
  },
  training_runs: {
    kind: 'owned',
    row: (tenant) => ({ model_id: tenant.row('models').id, user_id: tenant.userId }),
    select: READERS,
  },
  predictions: {
    kind: 'owned',
    row: (tenant) => ({
      ...series(tenant),
      model_id: tenant.row('models').id,
      user_id: tenant.userId,
      ts: '2024-01-01T00:00:00Z',
      horizon: 1,
      model_version: 1,
      value: 0.01,
    }),
    key: ['model_id', 'instrument_id', 'timeframe', 'ts', 'horizon', 'model_version'],
    select: READERS,
  },
};
