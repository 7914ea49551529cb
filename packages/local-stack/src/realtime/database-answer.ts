/** Postgres's code for a row that a policy refuses, and for a role one may not become. */
const INSUFFICIENT_PRIVILEGE = '42501';

/** Whether an error came from Postgres itself, not from the connection to it. */
export function isDatabaseAnswer(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';
}

/** Whether Postgres answered that the role may not do this, rather than failed. */
export function isRefusal(error: unknown): boolean {
  return isDatabaseAnswer(error) && error.code === INSUFFICIENT_PRIVILEGE;
}
