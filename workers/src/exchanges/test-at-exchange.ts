import type { CredentialTestError } from '@tradebase/contracts';
import type { Exchange as CcxtExchange } from 'ccxt';
import type { OpenCredential } from '../credentials/open-credential.ts';
import { exchangeErrorCode } from './exchange-error-code.ts';
import { type ExchangeUrls, loadExchange } from './load-exchange.ts';

/** Some exchanges take several requests for a balance: for their instruments, currencies, clock. */
const TEST_TIMEOUT_MS = 30_000;

/**
 * Asks the exchange for the balance of the account. Undefined when it answers, else why not. Rejects only when told to stop,
 * and never with what the exchange or ccxt said.
 */
export async function testAtExchange(
  credential: OpenCredential,
  urls: ExchangeUrls,
  signal: AbortSignal,
): Promise<CredentialTestError | undefined> {
  let exchange: CcxtExchange;
  try {
    exchange = await loadExchange(credential, urls);
  } catch {
    // There is no test environment, or else the exchange is none that ccxt has any more.
    return credential.isSandbox ? 'sandbox_unsupported' : 'exchange_error';
  }
  if (!exchange.checkRequiredCredentials(false)) return 'credential_incomplete';
  const late = AbortSignal.any([signal, AbortSignal.timeout(TEST_TIMEOUT_MS)]);
  const timedOut = Promise.withResolvers<'timeout'>();
  late.addEventListener('abort', () => timedOut.resolve('timeout'));
  try {
    const outcome = await Promise.race([askForBalance(exchange), timedOut.promise]);
    if (signal.aborted) throw new Error('stopped before the exchange answered; the queue tries again');
    return outcome;
  } finally {
    await exchange.close().catch(() => {});
  }
}

async function askForBalance(exchange: CcxtExchange): Promise<CredentialTestError | undefined> {
  try {
    const { info } = await exchange.fetchBalance();
    // A page of a proxy, say, is no balance, though ccxt makes an empty one of it.
    return typeof info === 'object' ? undefined : 'exchange_error';
  } catch (error) {
    return exchangeErrorCode(error);
  }
}
