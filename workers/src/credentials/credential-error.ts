/** Why a credential was not opened. */
export type CredentialErrorCode = 'credential_not_found' | 'credential_disabled' | 'key_missing' | 'undecryptable';

/** A credential that cannot be opened. The message never holds anything of what is in it. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly code: CredentialErrorCode;

  constructor(code: CredentialErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
