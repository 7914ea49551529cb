import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decryptKey, type PrivateKey, readPrivateKey } from 'openpgp';
import { CredentialError } from './credential-error.ts';

export interface PrivateKeySources {
  /** Folder of armored private keys, each named by its fingerprint. */
  readonly dir?: string | undefined;
  /** Armored private keys one after the other, for platforms that have variables and no files. */
  readonly armored?: string | undefined;
  /** Of the private keys, where they have one. */
  readonly passphrase?: string | undefined;
}

const BLOCK = /-----BEGIN PGP PRIVATE KEY BLOCK-----.*?-----END PGP PRIVATE KEY BLOCK-----/gs;
const FINGERPRINT = /^[0-9A-F]{40}$/;
/** Permissions of everyone but the owner. */
const OTHERS = 0o077;

/** Where the private key with this fingerprint lies in a key folder. */
export function privateKeyPath(dir: string, fingerprint: string): string {
  if (!FINGERPRINT.test(fingerprint)) throw new Error('a fingerprint has 40 hexadecimal digits, in capitals');
  return join(dir, `${fingerprint}.asc`);
}

/** The private keys that this process may use, read when first asked for: a key that is added later is found. */
export class PrivateKeys {
  readonly #sources: PrivateKeySources;
  readonly #opened = new Map<string, Promise<PrivateKey>>();
  #armored: Promise<Map<string, PrivateKey>> | undefined;

  constructor(sources: PrivateKeySources) {
    this.#sources = sources;
  }

  /** The key with this fingerprint. Rejects with a CredentialError when this process does not have it. */
  find(fingerprint: string): Promise<PrivateKey> {
    const known = this.#opened.get(fingerprint);
    if (known) return known;
    const opening = this.#open(fingerprint);
    this.#opened.set(fingerprint, opening);
    // Only what was found is remembered.
    opening.catch(() => this.#opened.delete(fingerprint));
    return opening;
  }

  async #open(fingerprint: string): Promise<PrivateKey> {
    const key = (await this.#fromVariable()).get(fingerprint) ?? (await this.#fromFile(fingerprint));
    if (!key) {
      throw new CredentialError(
        'key_missing',
        `this process does not have the private key ${fingerprint}: see TRADEBASE_CREDENTIAL_KEY_DIR`,
      );
    }
    if (key.isDecrypted()) return key;
    const { passphrase } = this.#sources;
    try {
      if (passphrase === undefined) throw new Error('no passphrase');
      return await decryptKey({ privateKey: key, passphrase });
    } catch {
      throw new CredentialError(
        'key_missing',
        `TRADEBASE_CREDENTIAL_KEY_PASSPHRASE does not open the private key ${fingerprint}`,
      );
    }
  }

  #fromVariable(): Promise<Map<string, PrivateKey>> {
    this.#armored ??= readBlocks(this.#sources.armored ?? '');
    return this.#armored;
  }

  async #fromFile(fingerprint: string): Promise<PrivateKey | undefined> {
    if (this.#sources.dir === undefined) return undefined;
    const path = privateKeyPath(this.#sources.dir, fingerprint);
    const file = statSync(path, { throwIfNoEntry: false });
    if (!file) return undefined;
    if (file.mode & OTHERS) {
      throw new CredentialError('key_missing', `${path} can be read by others and is not used: chmod 600`);
    }
    const [found] = await readBlocks(readFileSync(path, 'utf8'));
    if (found?.[0] !== fingerprint) throw new CredentialError('key_missing', `${path} holds another key, or none`);
    return found[1];
  }
}

async function readBlocks(text: string): Promise<Map<string, PrivateKey>> {
  const keys = new Map<string, PrivateKey>();
  for (const [armored] of text.matchAll(BLOCK)) {
    try {
      const key = await readPrivateKey({ armoredKey: armored });
      keys.set(key.getFingerprint().toUpperCase(), key);
    } catch {
      // What the parser says of a private key is better not repeated.
      throw new CredentialError('key_missing', 'a private key is damaged: it cannot be read');
    }
  }
  return keys;
}
