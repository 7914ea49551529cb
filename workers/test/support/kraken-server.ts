import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that judges requests as Kraken does, with answers in the shapes recorded from it. */
export interface KrakenServer {
  readonly url: string;
  /** The accounts that it knows: secrets in base64, by key. */
  readonly accounts: Map<string, string>;
  /** Methods of the API that were called, in order. */
  readonly calls: string[];
  /** What it answers to private methods in place of a judgement, by key. */
  readonly answers: Map<string, CannedAnswer>;
  /** Ends the connections of those who still wait for an answer. */
  hangUp(): void;
  close(): Promise<void>;
}

type CannedAnswer = { readonly status: number; readonly body: string } | 'silence';

const ASSETS = {
  XXBT: {
    aclass: 'currency',
    altname: 'XBT',
    decimals: 10,
    display_decimals: 5,
    collateral_value: 1,
    status: 'enabled',
  },
  ZUSD: {
    aclass: 'currency',
    altname: 'USD',
    decimals: 4,
    display_decimals: 2,
    collateral_value: 1,
    status: 'enabled',
  },
};
const PAIRS = {
  XXBTZUSD: {
    altname: 'XBTUSD',
    wsname: 'XBT/USD',
    aclass_base: 'currency',
    base: 'XXBT',
    aclass_quote: 'currency',
    quote: 'ZUSD',
    lot: 'unit',
    cost_decimals: 5,
    pair_decimals: 1,
    lot_decimals: 8,
    lot_multiplier: 1,
    leverage_buy: [2, 3],
    leverage_sell: [2, 3],
    fees: [[0, 0.4]],
    fees_maker: [[0, 0.25]],
    fee_volume_currency: 'ZUSD',
    margin_call: 80,
    margin_stop: 40,
    ordermin: '0.00005',
    costmin: '0.5',
    tick_size: '0.1',
    status: 'online',
    long_position_limit: 300,
    short_position_limit: 240,
  },
};
const BALANCE = {
  XXBT: { balance: '1.2500000000', hold_trade: '0.0' },
  ZUSD: { balance: '250.5000', hold_trade: '0.0' },
};

export async function startKrakenServer(): Promise<KrakenServer> {
  const accounts = new Map<string, string>();
  const calls: string[] = [];
  const answers = new Map<string, CannedAnswer>();
  const server = createServer((request, response) => {
    void answer(request, response, { accounts, calls, answers });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    accounts,
    calls,
    answers,
    hangUp: () => server.closeAllConnections(),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { accounts, calls, answers }: Pick<KrakenServer, 'accounts' | 'calls' | 'answers'>,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://kraken');
  calls.push(pathname);
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const send = (result: object, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  switch (pathname) {
    case '/0/public/Assets':
      return void send({ error: [], result: ASSETS });
    case '/0/public/AssetPairs':
      return void send({ error: [], result: PAIRS });
    case '/0/private/BalanceEx': {
      const key = String(request.headers['api-key']);
      const given = answers.get(key);
      if (given === 'silence') return;
      if (given) return void response.writeHead(given.status, { 'content-type': 'application/json' }).end(given.body);
      const secret = accounts.get(key);
      if (secret === undefined) return void send({ error: ['EAPI:Invalid key'] });
      if (request.headers['api-sign'] !== signature(pathname, body, secret)) {
        return void send({ error: ['EAPI:Invalid signature'] });
      }
      return void send({ error: [], result: BALANCE });
    }
    default:
      return void send({ error: ['EGeneral:Unknown method'] }, 404);
  }
}

/** https://docs.kraken.com/api/docs/guides/spot-rest-auth */
function signature(path: string, body: string, secret: string): string {
  const nonce = new URLSearchParams(body).get('nonce') ?? '';
  const digest = createHash('sha256')
    .update(nonce + body)
    .digest();
  return createHmac('sha512', Buffer.from(secret, 'base64')).update(path).update(digest).digest('base64');
}
