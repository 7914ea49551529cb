import type { DomainExpectation, Tenant } from '../expectation.ts';

const command = (tenant: Tenant) => ({ user_id: tenant.userId, telegram_user_id: '4242', command: '/status' });
const feedback = () => ({ type: 'bug', message: 'It is slow' });

/** The Telegram bot's books. The bot's server holds the secret key. */
export const telegram: DomainExpectation = {
  telegram_command_audits: {
    kind: 'owned',
    row: command,
    select: ['owner', 'viewer', 'service'],
    insert: { by: ['service'], values: command },
  },
  telegram_broadcasts: { kind: 'shared', row: () => ({ message: 'We moved' }), select: ['service'] },
  telegram_feedback: {
    kind: 'owned',
    row: (tenant) => ({ ...feedback(), user_id: tenant.userId }),
    select: ['owner', 'viewer', 'service'],
    insert: { by: ['owner', 'service'], values: feedback },
  },
  telegram_settings: {
    kind: 'shared',
    row: () => ({ key: 'matrix.setting', value: 'x' }),
    key: ['key'],
    select: ['service'],
  },
};
