import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import type { Random } from '@tradebase/engine';

/** Shares of the requests that write, each from 0 to 1, to which a fault happens. */
export interface FaultRates {
  /** The request arrives and is done, and its answer is lost: the caller sends it again. */
  readonly lostAnswers: number;
  /** The request arrives twice, the second time after the answer to the first. */
  readonly duplicates: number;
  /** The request arrives late, so that one sent after it overtakes it. */
  readonly delays: number;
}

const MOST_DELAY_MS = 150;

/**
 * The network between a runner and the gateway, with the faults of a bad one: a proxy that can be cut, and that loses
 * answers, sends requests twice and holds them back.
 */
export class FaultProxy {
  /** What happened so far, by kind. */
  readonly faults = { cuts: 0, lostAnswers: 0, duplicates: 0, delays: 0 };
  readonly #target: URL;
  readonly #rates: FaultRates;
  readonly #random: Random;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(target: URL, rates: FaultRates, random: Random) {
    this.#target = target;
    this.#rates = rates;
    this.#random = random;
    this.#server = createServer((incoming, outgoing) => void this.#forward(incoming, outgoing));
    this.#server.on('connection', (socket) => this.#keep(socket));
    this.#server.on('upgrade', (incoming, socket: Socket, head) => this.#upgrade(incoming, socket, head));
  }

  static async start(targetUrl: string, rates: FaultRates, random: Random): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(targetUrl), rates, random);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every connection, and refuses new ones until `mend`. */
  cut(): void {
    this.faults.cuts += 1;
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(socket: Socket): void {
    if (this.#isCut) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const body = await bodyOf(incoming);
      const writes = incoming.method !== 'GET' && incoming.method !== 'HEAD';
      if (writes && this.#happens('delays')) {
        await new Promise((resolve) => setTimeout(resolve, this.#random.uniform() * MOST_DELAY_MS));
      }
      const answer = await this.#ask(incoming, body);
      if (writes && this.#happens('duplicates')) await this.#ask(incoming, body);
      if (writes && this.#happens('lostAnswers')) {
        outgoing.destroy();
        return;
      }
      outgoing.writeHead(answer.status, answer.headers);
      outgoing.end(answer.body);
    } catch {
      // The caller went away, or the gateway is down: to the other side both are a broken connection.
      outgoing.destroy();
    }
  }

  #happens(kind: keyof FaultRates): boolean {
    if (this.#random.uniform() >= this.#rates[kind]) return false;
    this.faults[kind] += 1;
    return true;
  }

  async #ask(incoming: IncomingMessage, body: Buffer) {
    const asked = request(new URL(incoming.url ?? '/', this.#target), {
      method: incoming.method ?? 'GET',
      headers: { ...incoming.headers, host: this.#target.host },
    });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 502, headers: response.headers, body: await bodyOf(response) };
  }

  #upgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    const upstream = connect(Number(this.#target.port), this.#target.hostname);
    this.#keep(upstream);
    const headers = Object.entries({ ...incoming.headers, host: this.#target.host })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    upstream.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers}\r\n`);
    upstream.write(head);
    upstream.pipe(socket).pipe(upstream);
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
