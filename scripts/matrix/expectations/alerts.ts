import type { DomainExpectation, Persona } from '../expectation.ts';

const READERS: readonly Persona[] = ['owner', 'viewer', 'service'];

const rule = () => ({ name: 'Dip', condition: { type: 'price_below', price: '100' }, symbol: 'MATRIX' });

/** What users want to hear of, what they were told, and the messages on their way. */
export const alerts: DomainExpectation = {
  channel_configs: { kind: 'shared', row: null, key: ['channel'], select: ['service'] },
  // Made at sign-up. The Telegram chat is set by what verifies it.
  alert_preferences: {
    kind: 'owned',
    row: null,
    key: ['user_id'],
    select: READERS,
    hidden: ['discord_webhook_url'],
    update: { by: ['owner'], values: () => ({ email_enabled: false }) },
  },
  alert_rules: {
    kind: 'owned',
    row: (tenant) => ({ ...rule(), user_id: tenant.userId }),
    select: READERS,
    insert: { by: ['owner'], values: rule },
    update: { by: ['owner'], values: () => ({ enabled: false }) },
    delete: ['owner'],
  },
  alert_history: {
    kind: 'owned',
    row: (tenant) => ({ user_id: tenant.userId, alert_type: 'entry', message: 'Bought 1 MATRIX' }),
    select: READERS,
  },
  messages: {
    kind: 'owned',
    row: (tenant) => ({ user_id: tenant.userId, message_type: 'alert', channels: ['email'], body: 'Bought 1 MATRIX' }),
    select: READERS,
  },
  // Made with the message.
  message_deliveries: { kind: 'owned', row: null, key: ['message_id', 'channel'], select: READERS },
  alert_limits: {
    kind: 'owned',
    row: (tenant) => ({ user_id: tenant.userId, channel: 'email' }),
    key: ['user_id', 'channel'],
    select: READERS,
  },
};
