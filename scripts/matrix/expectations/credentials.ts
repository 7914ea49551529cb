import type { DomainExpectation } from '../expectation.ts';
import { MATRIX_KEY_ID } from '../make-encryption-key.ts';

/** Exchange credentials and who opened them. */
export const credentials: DomainExpectation = {
  exchange_credentials: {
    kind: 'owned',
    row: ({ userId }) => ({
      user_id: userId,
      exchange: 'kraken',
      name: 'Made for the matrix',
      key_hint: 'abcd...wxyz',
      ciphertext: '\\x00',
      encryption_key_id: MATRIX_KEY_ID,
      has_passphrase: false,
    }),
    select: ['owner', 'viewer', 'service'],
    hidden: ['ciphertext', 'encryption_key_id'],
    delete: ['owner'],
  },
  credential_access_log: {
    kind: 'owned',
    row: (tenant) => ({
      credential_id: tenant.row('exchange_credentials').id,
      credential_name: 'Made for the matrix',
      user_id: tenant.userId,
      opened_by: 'worker matrix/1',
      purpose: 'test',
    }),
    select: ['owner', 'viewer', 'service'],
  },
};
