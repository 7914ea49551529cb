import { join } from 'node:path';
import { openStackHome } from '@tradebase/local-stack';
import { findNamedDatabaseUrl, localDatabaseUrl } from '../command-line/find-database-url.ts';
import { parseCommandLine, UsageError } from '../command-line/parse-command-line.ts';
import { RSA_BITS, type RsaBits } from './make-key-pair.ts';

const PROJECT_DIR = join(import.meta.dirname, '..', '..');

export const KEYS_HELP = `Usage: npm run keys -- COMMAND [options]

Keys that encrypt exchange credentials. The database has the public key; workers have the private one, from the key folder.

  generate              makes the first key: the private key goes into the key folder, the public one into the database
  rotate                makes a new key; a worker encrypts every credential to it, and the old key retires
  status                the keys, how many credentials each has, how far a rotation has come
  reencrypt             enqueues the job of a rotation again, after it failed for good
  destroy FINGERPRINT   deletes the private key of a retired key; backups with credentials on it cannot be opened any more
  prepare               makes a key without using it: prints the public key, for generate or rotate --public-key

      --bits N            3072 or 4096 (default) bits of a new RSA key
      --public-key FILE   generate, rotate: use this key; its private key is on the workers already
      --key-dir DIR       better set TRADEBASE_CREDENTIAL_KEY_DIR; default, for the local stack: .tradebase/credential-keys
      --database-url URL  better set TRADEBASE_DATABASE_URL or DATABASE_URL: everyone on this machine sees arguments
      --json              print the result, or the error, as one JSON object
  -h, --help              print this

New private keys are locked with TRADEBASE_CREDENTIAL_KEY_PASSPHRASE where it is set. No private key is ever printed.
Without a URL the local stack is used. Exit code: 0 done, 1 refused or failed, 2 wrong usage.`;

export const KEY_ACTIONS = ['generate', 'rotate', 'status', 'reencrypt', 'destroy', 'prepare'] as const;
export type KeyAction = (typeof KEY_ACTIONS)[number];

export interface KeysCommand {
  readonly action: KeyAction;
  /** Of the key to destroy. */
  readonly fingerprint: string | undefined;
  readonly bits: RsaBits;
  readonly publicKeyFile: string | undefined;
  /** Undefined when the database is not the local one and no folder was named. */
  readonly keyDir: string | undefined;
  readonly databaseUrl: string;
  readonly passphrase: string | undefined;
  readonly json: boolean;
}

/** Reads the command line and the environment. Throws UsageError. */
export function readKeysCommand(args: string[], environment: NodeJS.ProcessEnv): KeysCommand | 'help' {
  const options = {
    bits: { type: 'string', default: '4096' },
    'public-key': { type: 'string' },
    'key-dir': { type: 'string' },
    'database-url': { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values, positionals } = parseCommandLine({ args, options, allowPositionals: true });
  if (values.help) return 'help';
  const [name, fingerprint, ...others] = positionals;
  const action = KEY_ACTIONS.find((known) => known === name);
  if (!action) throw new UsageError(`name a command: ${KEY_ACTIONS.join(', ')}`);
  if ((fingerprint !== undefined) !== (action === 'destroy') || others.length > 0) {
    throw new UsageError(action === 'destroy' ? 'name one fingerprint' : `${action} takes no argument`);
  }
  if (fingerprint !== undefined && !/^[0-9a-f]{40}$/i.test(fingerprint)) {
    throw new UsageError('a fingerprint has 40 hexadecimal digits: see npm run keys -- status');
  }
  const bits = RSA_BITS.find((known) => String(known) === values.bits);
  if (!bits) throw new UsageError(`--bits ${values.bits}: use ${RSA_BITS.join(' or ')}`);
  if (values['public-key'] !== undefined && action !== 'generate' && action !== 'rotate') {
    throw new UsageError('--public-key goes with generate and rotate');
  }
  const databaseUrl = findNamedDatabaseUrl(values['database-url'], environment);
  const keyDir = values['key-dir'] ?? environment.TRADEBASE_CREDENTIAL_KEY_DIR;
  return {
    action,
    fingerprint: fingerprint?.toUpperCase(),
    bits,
    publicKeyFile: values['public-key'],
    // A folder of the local stack is no place for the keys of another database.
    keyDir: keyDir ?? (databaseUrl === undefined ? localKeyDir(openStackHome(PROJECT_DIR).dir) : undefined),
    databaseUrl: databaseUrl ?? localDatabaseUrl(),
    passphrase: environment.TRADEBASE_CREDENTIAL_KEY_PASSPHRASE,
    json: values.json,
  };
}

/** Where the local stack keeps the private keys. */
export function localKeyDir(stateDir: string): string {
  return join(stateDir, 'credential-keys');
}
