import type pg from 'pg';
import { hasPrivateKey } from './key-folder.ts';

export interface KeyStatus {
  readonly fingerprint: string;
  readonly status: string;
  readonly credentials: number;
  readonly created_at: string;
  /** Whether the private key is in the key folder of this machine; null without one. */
  readonly private_key_here: boolean | null;
}

export interface KeysStatus {
  readonly keys: readonly KeyStatus[];
  /** Credentials that are still on a retiring key. */
  readonly to_reencrypt: number;
  /** State of the latest job that encrypts them anew, as the queue has it; null before the first rotation. */
  readonly job: string | null;
}

/** The keys, newest first, how many credentials each has, and how far a rotation has come. */
export async function readKeysStatus(client: pg.Client, dir: string | undefined): Promise<KeysStatus> {
  const { rows } = await client.query(`
    select k.fingerprint, k.status, k.created_at, count(c.id)::integer as credentials
    from private.encryption_keys k
    left join public.exchange_credentials c on c.encryption_key_id = k.id
    group by k.id
    order by k.created_at desc`);
  const jobs = await client.query(
    `select state::text from pgboss.job where name = 'reencrypt' order by created_on desc limit 1`,
  );
  const keys: KeyStatus[] = rows.map(({ fingerprint, status, created_at, credentials }) => ({
    fingerprint,
    status,
    credentials,
    created_at: created_at.toISOString(),
    private_key_here: dir === undefined ? null : hasPrivateKey(dir, fingerprint),
  }));
  const retiring = keys.filter(({ status }) => status === 'retiring');
  return {
    keys,
    to_reencrypt: retiring.reduce((sum, { credentials }) => sum + credentials, 0),
    job: jobs.rows[0]?.state ?? null,
  };
}

/** The status for people. */
export function formatKeysStatus({ keys, to_reencrypt, job }: KeysStatus): string {
  if (keys.length === 0) return 'There is no encryption key: npm run keys -- generate';
  const lines = keys.map(({ fingerprint, status, credentials, created_at, private_key_here }) => {
    const where = private_key_here === false && status !== 'destroyed' ? ', private key not here' : '';
    const count = `${credentials} ${credentials === 1 ? 'credential' : 'credentials'}`;
    return `${fingerprint}  ${status.padEnd(9)}  since ${created_at.slice(0, 10)}  ${count}${where}`;
  });
  if (keys.some(({ status }) => status === 'retiring')) {
    const hint = job === 'failed' ? '; see the worker log, then: npm run keys -- reencrypt' : '';
    lines.push(`${to_reencrypt} to encrypt anew; job: ${job ?? 'none'}${hint}`);
  }
  return lines.join('\n');
}
