/** Names and addresses of the machine itself, as URLs have them: 127.0.0.0/8 in whatever form it was written is four numbers there. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Whether what is sent to an address can be read, and changed, by whoever is on the way: over http to another machine. Keys,
 * passwords and tokens go there only if somebody has said that the network is private. False for what is no address.
 */
export function isPlainHttpBeyondLoopback(url: string): boolean {
  let address: URL;
  try {
    // Not URL.parse, which browsers have only since 2024.
    address = new URL(url);
  } catch {
    return false;
  }
  return address.protocol === 'http:' && !LOOPBACK.test(address.hostname);
}
