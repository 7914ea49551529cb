import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { Channel } from './channel.ts';
import { CLOSE_GRACE_MS, MAX_PENDING_MESSAGES } from './limits.ts';
import type { RealtimeServices } from './realtime-services.ts';
import { TOPIC_PREFIX } from './rooms.ts';
import { type ClientMessage, type Frame, MalformedFrame, type Serializer, type ServerMessage } from './serializer.ts';

export interface ConnectionOptions {
  readonly socket: WebSocket;
  /** The connection below the websocket. */
  readonly transport: Duplex;
  readonly serializer: Serializer;
  /** The key or token that opened the connection: channels without a token of their own use it. */
  readonly apiKey: string;
  /** The request's `x-` headers, for policies. */
  readonly headers: Record<string, string>;
  readonly services: RealtimeServices;
}

const TOO_MANY_JOINS = 'ClientJoinRateLimitReached: Too many joins per second';
const HEARTBEAT_TOPIC = 'phoenix';

/** One client's websocket, and the channels it has joined. */
export class Connection {
  readonly serializer: Serializer;
  readonly apiKey: string;
  readonly headers: Record<string, string>;
  readonly #socket: WebSocket;
  readonly #transport: Duplex;
  readonly #services: RealtimeServices;
  readonly #channels = new Map<string, Channel>();
  #pending = 0;
  #heardAt = Date.now();

  constructor({ socket, transport, serializer, apiKey, headers, services }: ConnectionOptions) {
    this.serializer = serializer;
    this.apiKey = apiKey;
    this.headers = headers;
    this.#socket = socket;
    this.#transport = transport;
    this.#services = services;
    socket.on('message', (data, binary) => {
      // Always one Buffer with ws's default binaryType.
      if (Buffer.isBuffer(data)) this.#receive(data, binary);
    });
    // A frame too large or malformed closes the socket, which is all there is to do.
    socket.on('error', () => {});
    socket.on('close', () => this.#closeChannels());
  }

  /** How many channels the client has joined, or is joining. */
  get channels(): number {
    return this.#channels.size;
  }

  /** When the client was last heard from. */
  get heardAt(): number {
    return this.#heardAt;
  }

  send(message: ServerMessage): void {
    this.sendFrame(this.serializer.encode(message));
  }

  /** Sends now, or cuts off a client that does not read what it is sent. */
  sendFrame({ wire }: Frame): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const { limits, metrics, log } = this.#services;
    if (this.#transport.writableLength > limits.bufferedBytes) {
      log('realtime', `a client left ${limits.bufferedBytes} bytes unread and was disconnected`);
      metrics.slowClientsDropped += 1;
      this.#socket.terminate();
      return;
    }
    metrics.messagesOut += 1;
    metrics.bytesOut += wire.length;
    // Whole frames go past ws, which would make a header for each socket, and a system call more. It never waits with a
    // frame of its own here, for nothing is compressed, so that none can come between.
    this.#transport.write(wire);
  }

  /** Called by a channel that has closed. */
  forget(channel: Channel): void {
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Says goodbye, and waits a moment for the client's answer. */
  async close(code: number, reason: string): Promise<void> {
    if (this.#socket.readyState === this.#socket.CLOSED) return;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#socket.once('close', () => resolve());
    const late = setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS);
    this.#socket.close(code, reason);
    await closed;
    clearTimeout(late);
  }

  #receive(data: Buffer, binary: boolean): void {
    this.#heardAt = Date.now();
    this.#services.metrics.messagesIn += 1;
    try {
      this.#route(this.serializer.decode(data, binary));
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.#socket.close(1003, 'malformed frame');
    }
  }

  #route(message: ClientMessage): void {
    const { topic, event, ref, joinRef } = message;
    const channel = this.#channels.get(topic);
    if (topic === HEARTBEAT_TOPIC) {
      if (event === 'heartbeat') this.#reply(message, 'ok', {});
    } else if (event === 'phx_join') {
      this.#join(message);
    } else if (channel && (joinRef === null || joinRef === channel.joinRef)) {
      this.#hand(channel, message);
    } else if (event === 'phx_leave') {
      this.#reply(message, 'ok', {});
    } else if (!channel && ref !== null) {
      // What is meant for an earlier join of a topic is dropped without a word, as Phoenix does.
      this.#reply(message, 'error', { reason: 'unmatched topic' });
    }
  }

  #join(message: ClientMessage): void {
    this.#channels.get(message.topic)?.closeWithNotice();
    const reason = this.#joinError(message.topic);
    if (reason) {
      this.#services.metrics.joinsRefused += 1;
      this.#reply(message, 'error', { reason });
      if (reason === TOO_MANY_JOINS) void this.close(1000, '');
      return;
    }
    const channel = new Channel(this, this.#services, message);
    this.#channels.set(message.topic, channel);
    this.#hand(channel, message);
  }

  #joinError(topic: string): string | undefined {
    if (!topic.startsWith(TOPIC_PREFIX)) return 'unmatched topic';
    if (topic === TOPIC_PREFIX) return 'TopicNameRequired: You must provide a topic name';
    if (!this.#services.rates.joins.take()) return TOO_MANY_JOINS;
    if (this.#channels.size < this.#services.limits.channelsPerConnection) return undefined;
    return 'ChannelRateLimitReached: Too many channels';
  }

  #hand(channel: Channel, message: ClientMessage): void {
    this.#pending += 1;
    if (this.#pending >= MAX_PENDING_MESSAGES && !this.#socket.isPaused) this.#socket.pause();
    void channel.receive(message).then(() => {
      this.#pending -= 1;
      if (this.#pending < MAX_PENDING_MESSAGES && this.#socket.isPaused) this.#socket.resume();
    });
  }

  #reply({ topic, ref, joinRef }: ClientMessage, status: 'ok' | 'error', response: object): void {
    this.send({ joinRef, ref, topic, event: 'phx_reply', payload: { status, response } });
  }

  #closeChannels(): void {
    for (const channel of [...this.#channels.values()]) channel.close();
  }
}
