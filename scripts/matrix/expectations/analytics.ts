import type { DomainExpectation, Persona, Tenant } from '../expectation.ts';

const READERS: readonly Persona[] = ['owner', 'viewer', 'service'];

const ofBot = (tenant: Tenant) => ({ user_id: tenant.userId, bot_id: tenant.row('bots').id });

/** How bots did: written by workers. */
export const analytics: DomainExpectation = {
  daily_performance: {
    kind: 'owned',
    row: (tenant) => ({ ...ofBot(tenant), trade_type: 'paper', trade_date: '2026-01-05' }),
    key: ['bot_id', 'trade_date', 'trade_type'],
    select: READERS,
  },
  performance_snapshots: { kind: 'owned', row: (tenant) => ({ ...ofBot(tenant), trades_count: 1 }), select: READERS },
  performance_metrics: {
    kind: 'owned',
    row: (tenant) => ({ ...ofBot(tenant), trade_type: 'paper', metrics: { sharpe: null }, metric_version: 1 }),
    select: READERS,
  },
};
