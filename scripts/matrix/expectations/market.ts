import { type DomainExpectation, PERSONAS, type Persona, type Row, type Tenant } from '../expectation.ts';

/** Reference data: the same for everyone with an account. */
const SIGNED_IN: readonly Persona[] = PERSONAS.filter((persona) => persona !== 'anonymous');

/** A series that has candles. */
const series = (tenant: Tenant): Row => {
  const { instrument_id, timeframe } = tenant.row('candle_coverage');
  return { instrument_id, timeframe };
};

/** Instruments and their candles, written by operators; what is known about them, written by workers. */
export const market: DomainExpectation = {
  instruments: {
    kind: 'shared',
    row: () => ({ symbol: 'MATRIX' }),
    select: SIGNED_IN,
    insert: { by: ['service'], values: () => ({ symbol: 'MATRIX2' }) },
    update: { by: ['service'], values: () => ({ name: 'Matrix' }) },
    delete: ['service'],
  },
  candle_coverage: {
    kind: 'shared',
    row: (tenant) => ({
      instrument_id: tenant.row('instruments').id,
      timeframe: '1d',
      first_at: '2024-01-01T00:00:00Z',
      last_at: '2024-01-02T00:00:00Z',
      candle_count: 2,
      version: 1,
    }),
    key: ['instrument_id', 'timeframe'],
    select: SIGNED_IN,
    insert: {
      by: ['service'],
      values: (tenant) => ({
        instrument_id: tenant.row('instruments').id,
        timeframe: '1h',
        first_at: '2024-01-01T00:00:00Z',
        last_at: '2024-01-02T00:00:00Z',
        candle_count: 25,
      }),
    },
    update: { by: ['service'], values: () => ({ version: 2 }) },
    delete: ['service'],
  },
  candles: {
    kind: 'shared',
    row: (tenant) => ({
      instrument_id: tenant.row('instruments').id,
      timeframe: '1d',
      ts: '2024-01-01T00:00:00Z',
      open: 1,
      high: 2,
      low: 1,
      close: 2,
      volume: 10,
    }),
    key: ['instrument_id', 'timeframe', 'ts'],
    select: SIGNED_IN,
    insert: {
      by: ['service'],
      values: (tenant) => ({
        instrument_id: tenant.row('instruments').id,
        timeframe: '1d',
        ts: '2024-01-02T00:00:00Z',
        open: 2,
        high: 2,
        low: 1,
        close: 1,
        volume: 10,
      }),
    },
    update: { by: ['service'], values: () => ({ volume: 11 }) },
    delete: ['service'],
  },
  candle_gaps: {
    kind: 'shared',
    row: (tenant) => ({
      ...series(tenant),
      from_at: '2024-01-02T00:00:00Z',
      to_at: '2024-01-03T00:00:00Z',
      kind: 'missing',
    }),
    key: ['instrument_id', 'timeframe', 'from_at'],
    select: SIGNED_IN,
  },
  indicator_values: {
    kind: 'shared',
    row: (tenant) => ({
      ...series(tenant),
      indicator: 'rsi',
      params_digest: '0'.repeat(32),
      ts: '2024-01-01T00:00:00Z',
      value: 50,
      data_version: 1,
    }),
    key: ['instrument_id', 'timeframe', 'indicator', 'params_digest', 'ts'],
    select: SIGNED_IN,
  },
  market_regimes: {
    kind: 'shared',
    row: (tenant) => ({
      instrument_id: tenant.row('instruments').id,
      method: 'matrix-1',
      start_at: '2024-01-01T00:00:00Z',
      type: 'bull',
    }),
    key: ['instrument_id', 'method', 'start_at'],
    select: SIGNED_IN,
  },
};
