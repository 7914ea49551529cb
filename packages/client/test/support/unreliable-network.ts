import { vi } from 'vitest';

/** Connections of a client that can be cut, and that lose what Realtime sends where they are told to. */
export class UnreliableNetwork {
  /** Whether messages of topics are lost. Answers to joins and heartbeats get through. */
  isLosing = false;
  readonly #sockets = new Set<WebSocket>();

  /** Makes a client whose connections are those of this network. */
  connect<T>(makeClient: () => T): T {
    const network = this;
    class UnreliableSocket extends WebSocket {
      constructor(...address: ConstructorParameters<typeof WebSocket>) {
        super(...address);
        network.#sockets.add(this);
        this.addEventListener('close', () => network.#sockets.delete(this));
        // The first listener, so that those of the client do not hear of what is lost.
        this.addEventListener('message', (message) => {
          const isOfTopic = typeof message.data !== 'string' || message.data.includes('"broadcast"');
          if (network.isLosing && isOfTopic) message.stopImmediatePropagation();
        });
      }
    }
    vi.stubGlobal('WebSocket', UnreliableSocket);
    try {
      return makeClient();
    } finally {
      vi.unstubAllGlobals();
    }
  }

  cut(): void {
    for (const socket of this.#sockets) socket.close();
  }
}
