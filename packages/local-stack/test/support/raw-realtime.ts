import { once } from 'node:events';
import WebSocket from 'ws';
import { Arrivals } from './arrivals.ts';

/** A websocket without a client library, for frames that no library would send. */
export class RawRealtime {
  readonly socket: WebSocket;
  /** Text frames, parsed; a binary frame is a Buffer. */
  readonly frames = new Arrivals<unknown>();
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = once(socket, 'close').then(([code]) => code as number);
    // One that does not open has nothing to close.
    this.closed.catch(() => {});
    socket.on('error', () => {});
    socket.on('message', (data, binary) => this.frames.push(binary ? data : JSON.parse(String(data))));
  }

  static async open(
    url: string,
    query: { apikey: string; vsn?: string },
    headers: Record<string, string> = {},
  ): Promise<RawRealtime> {
    const raw = new RawRealtime(new WebSocket(websocketUrl(url, query), { headers }));
    await once(raw.socket, 'open');
    return raw;
  }

  /** Sends text as it is, and anything else as JSON. */
  send(message: unknown): void {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Sends a message of version 2.0.0 and waits for what its reply holds. */
  async ask(topic: string, event: string, payload: unknown, ref: string): Promise<unknown> {
    this.send([ref, ref, topic, event, payload]);
    const reply = await this.frames.find(
      (frame) => Array.isArray(frame) && frame[1] === ref && frame[3] === 'phx_reply',
    );
    return (reply as unknown[])[4];
  }
}

/** Address of the websocket of a stack. */
export function websocketUrl(url: string, query: Record<string, string>): string {
  return `${url.replace('http', 'ws')}/realtime/v1/websocket?${new URLSearchParams(query)}`;
}
