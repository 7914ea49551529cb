import { Exchange } from '@tradebase/contracts';
import type { Exchange as CcxtExchange, NestedDictionary } from 'ccxt';
import type { OpenCredential } from '../credentials/open-credential.ts';

/** Time that an exchange has for one answer. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Exchanges' ids, and the address to use in place of their own: for tests and sandboxes. */
export type ExchangeUrls = Readonly<Record<string, string>>;

type ExchangeClass = new (options: object) => CcxtExchange;

/** What an exchange's URLs begin with. */
const ORIGIN = /^https?:\/\/[^/]+/;

/**
 * Connects to the exchange of a credential with ccxt. Only that exchange's module is loaded: all of ccxt takes twice the
 * time and memory. Where to connect is ccxt's knowledge, or the operator's, and never the user's. Throws what ccxt throws.
 */
export async function loadExchange(credential: OpenCredential, urls: ExchangeUrls): Promise<CcxtExchange> {
  // Parsed, because the id becomes a part of a module's name.
  const id = Exchange.parse(credential.exchange);
  const module: { default: ExchangeClass } = await import(ccxtModule(`src/${id}.js`));
  const exchange = new module.default({ timeout: REQUEST_TIMEOUT_MS, enableRateLimit: true });
  if (credential.isSandbox) {
    if (!exchange.urls.test) throw new Error(`${id} has no test environment`);
    exchange.setSandboxMode(true);
  }
  const url = urls[id];
  if (url !== undefined) exchange.urls = { ...exchange.urls, ...replaceOrigins({ api: exchange.urls.api }, url) };
  giveCredential(exchange, credential);
  return exchange;
}

/** A module of ccxt, which exports but its whole. */
export function ccxtModule(path: string): string {
  return new URL(path, import.meta.resolve('ccxt')).href;
}

/** Exchanges on which accounts are wallets know an address and its private key. */
function giveCredential(exchange: CcxtExchange, { key, secret, passphrase }: OpenCredential): void {
  const needs = exchange.requiredCredentials;
  if (needs.walletAddress) exchange.walletAddress = key.reveal();
  else exchange.apiKey = key.reveal();
  if (needs.privateKey) exchange.privateKey = secret.reveal();
  else exchange.secret = secret.reveal();
  if (passphrase) exchange.password = passphrase.reveal();
}

/** The same addresses below another origin, at any depth. */
function replaceOrigins(urls: NestedDictionary, origin: string): NestedDictionary {
  const replaced: NestedDictionary = {};
  for (const [name, value] of Object.entries(urls)) {
    if (typeof value === 'string') replaced[name] = value.replace(ORIGIN, origin);
    else if (typeof value === 'object') replaced[name] = replaceOrigins(value, origin);
  }
  return replaced;
}
