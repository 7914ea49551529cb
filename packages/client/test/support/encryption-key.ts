import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestStack } from '@tradebase/local-stack/testing';
import { activateNewKey } from '../../../../scripts/keys/run-keys-command.ts';
import { asPostgres } from './as-role.ts';

/** An active encryption key, and the folder with its private half. */
export interface EncryptionKey {
  readonly fingerprint: string;
  readonly dir: string;
  /** Deletes the folder. */
  discard(): void;
}

/** Gives a stack its first encryption key, as "npm run keys -- generate" does. */
export async function giveEncryptionKey(stack: TestStack): Promise<EncryptionKey> {
  const dir = mkdtempSync(join(tmpdir(), 'tradebase-keys-'));
  const fingerprint = await asPostgres(stack, (client) =>
    activateNewKey(client, { dir, bits: 3072, passphrase: undefined, replace: false }),
  );
  return { fingerprint, dir, discard: () => rmSync(dir, { recursive: true, force: true }) };
}
