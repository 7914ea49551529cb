import { isPlainHttpBeyondLoopback } from '@tradebase/contracts';
import { RunnerError } from './runner-error.ts';

/**
 * Refuses an address to which API key and token would travel in clear, unless that is allowed.
 *
 * @param howToAllow what says that the network is private, in the words of whoever gives the address
 * @throws RunnerError `insecure_url`
 */
export function requireSafeAddress(url: string, isPlainHttpAllowed: boolean, howToAllow: string): void {
  if (isPlainHttpAllowed || !isPlainHttpBeyondLoopback(url)) return;
  throw new RunnerError(
    'insecure_url',
    `${new URL(url).origin} is another machine, and over http API key and token travel there in clear`,
    {
      fix: `Give its https:// address. In a private network, where nobody else can listen, allow it with ${howToAllow}.`,
    },
  );
}
