import type { CredentialTestError } from '@tradebase/contracts';

/** Names of ccxt's errors; each goes for those derived from it, unless they are named themselves. */
const CODES: Readonly<Record<string, CredentialTestError>> = {
  PermissionDenied: 'permission_denied',
  AccountNotEnabled: 'permission_denied',
  RestrictedLocation: 'permission_denied',
  AccountSuspended: 'account_suspended',
  AuthenticationError: 'authentication_failed',
  NotSupported: 'balance_unsupported',
  InvalidNonce: 'clock_rejected',
  RateLimitExceeded: 'rate_limited',
  DDoSProtection: 'rate_limited',
  RequestTimeout: 'timeout',
  ExchangeNotAvailable: 'exchange_unavailable',
  NetworkError: 'exchange_unavailable',
  BaseError: 'exchange_error',
  TypeError: 'exchange_error',
};

/** Of a wrong secret, some exchanges say so in words for which ccxt has no class: Kraken's EAPI:Invalid signature. */
const WRONG_SECRET = /invalid.{0,10}signature/i;

/**
 * What an owner is told of an error of ccxt: a code by its class. Its text is the exchange's own and may repeat the key, so
 * it goes nowhere.
 */
export function exchangeErrorCode(error: unknown): CredentialTestError {
  if (!(error instanceof Error)) return 'exchange_error';
  for (let type = Object.getPrototypeOf(error); type !== null; type = Object.getPrototypeOf(type)) {
    const code = CODES[String(type.constructor.name)];
    if (code) return code === 'exchange_error' && WRONG_SECRET.test(error.message) ? 'authentication_failed' : code;
  }
  // Neither ccxt's own nor a mistake in it: so far only decoders of secrets throw such.
  return 'malformed_secret';
}
