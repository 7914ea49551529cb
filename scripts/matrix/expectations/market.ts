import { type DomainExpectation, PERSONAS, type Persona } from '../expectation.ts';

/** Reference data: the same for everyone with an account. */
const SIGNED_IN: readonly Persona[] = PERSONAS.filter((persona) => persona !== 'anonymous');

/** Instruments and their candles: written by operators, not yet read by admins through admin_read. */
export const market: DomainExpectation = {
  instruments: {
    kind: 'shared',
    row: () => ({ symbol: 'MATRIX' }),
    select: SIGNED_IN,
    insert: { by: ['service'], values: () => ({ symbol: 'MATRIX2' }) },
    update: { by: ['service'], values: () => ({ name: 'Matrix' }) },
    delete: ['service'],
    adminRead: false,
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
    adminRead: false,
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
    adminRead: false,
  },
};
