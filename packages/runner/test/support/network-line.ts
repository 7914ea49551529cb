import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** A line to a server that can be cut: TCP, byte for byte. */
export class NetworkLine {
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  private constructor(target: URL) {
    this.#target = target;
  }

  static async to(url: string): Promise<NetworkLine> {
    const line = new NetworkLine(new URL(url));
    await line.mend();
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Nothing gets through, and nobody answers. */
  cut(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async mend(): Promise<void> {
    const server = createServer((near) => {
      const far = createConnection(Number(this.#target.port), this.#target.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => this.#sockets.delete(from));
        from.pipe(to);
      }
    });
    this.#server = server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address && typeof address === 'object') this.#port = address.port;
  }

  async close(): Promise<void> {
    this.cut();
  }
}
