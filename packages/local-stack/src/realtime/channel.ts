import { randomUUID } from 'node:crypto';
import type { Extension } from './authorize-topic.ts';
import { type Broadcast, payloadSize } from './broadcast.ts';
import { AccessRefused, ChannelAccess } from './channel-access.ts';
import type { Connection } from './connection.ts';
import { asRecord, JoinRefused, type JoinRequest, parseJoinRequest } from './join-request.ts';
import { MAX_PAYLOAD_BYTES, TOKEN_RECHECK_MS } from './limits.ts';
import type { RealtimeServices } from './realtime-services.ts';
import type { Room, RoomMember } from './room.ts';
import { TOPIC_PREFIX } from './rooms.ts';
import type { ClientMessage, Frame } from './serializer.ts';

/** One topic that one client has joined. Its messages are handled one after another, in the order they came. */
export class Channel implements RoomMember {
  readonly topic: string;
  readonly joinRef: string | null;
  readonly #name: string;
  readonly #connection: Connection;
  readonly #services: RealtimeServices;
  #request: JoinRequest | undefined;
  #access: ChannelAccess | undefined;
  #room: Room | undefined;
  #presenceKey = '';
  #tracks = false;
  #closed = false;
  #recheck: NodeJS.Timeout | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(connection: Connection, services: RealtimeServices, join: ClientMessage) {
    this.#connection = connection;
    this.#services = services;
    this.topic = join.topic;
    this.#name = join.topic.slice(TOPIC_PREFIX.length);
    this.joinRef = join.joinRef;
  }

  get serializer() {
    return this.#connection.serializer;
  }

  get hearsBroadcasts(): boolean {
    return this.#access?.mayRead('broadcast') === true;
  }

  get seesPresence(): boolean {
    return this.#wantsPresence && this.#access?.mayRead('presence') === true;
  }

  sendFrame(frame: Frame): void {
    this.#connection.sendFrame(frame);
  }

  /** Handles a message after all earlier ones; resolves when it is done. */
  receive(message: ClientMessage): Promise<void> {
    const handled = this.#last.then(() => this.#handle(message));
    this.#last = handled.catch((error) => this.#fail(error));
    return this.#last;
  }

  /** Takes the client out of the room; what it sent and is not handled yet is dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#recheck);
    if (this.#request) this.#services.rooms.leave(this.#name, this.#request.isPrivate, this);
    this.#connection.forget(this);
  }

  /** Closes, and tells the client so. */
  closeWithNotice(): void {
    this.close();
    this.#push('phx_close', {}, this.joinRef);
  }

  async #handle(message: ClientMessage): Promise<void> {
    if (this.#closed) return;
    switch (message.event) {
      case 'phx_join':
        return this.#join(message);
      case 'phx_leave':
        this.#reply(message.ref, 'ok', {});
        return this.closeWithNotice();
      case 'access_token':
        return this.#changeToken(asRecord(message.payload).access_token);
      case 'broadcast':
        return this.#broadcast(message);
      case 'presence':
        return this.#presence(message);
      default:
        return;
    }
  }

  async #join({ payload, ref }: ClientMessage): Promise<void> {
    try {
      const request = parseJoinRequest(payload);
      const access = new ChannelAccess({
        services: this.#services,
        name: this.#name,
        isPrivate: request.isPrivate,
        headers: this.#connection.headers,
      });
      // An opaque key given as a token adds nothing to the key that opened the connection.
      const token = request.accessToken?.startsWith('sb_') ? undefined : request.accessToken;
      await access.admit(token ?? this.#connection.apiKey, this.#extensions(request));
      if (this.#closed) return;
      this.#request = request;
      this.#access = access;
      this.#presenceKey = request.presenceKey || randomUUID();
      this.#room = this.#services.rooms.enter(this.#name, request.isPrivate, this);
      this.#scheduleRecheck();
      this.#reply(ref, 'ok', { postgres_changes: [] });
      if (this.seesPresence) this.#push('presence_state', this.#room.presenceState());
      if (request.replicationReady) void this.#announceReplication();
    } catch (error) {
      this.#reply(ref, 'error', { reason: joinReason(error) });
      this.close();
      if (!(error instanceof AccessRefused || error instanceof JoinRefused)) throw error;
    }
  }

  async #changeToken(token: unknown): Promise<void> {
    if (typeof token !== 'string' || token.startsWith('sb_') || !this.#access || !this.#request) return;
    if (this.#access.holds(token)) return;
    try {
      await this.#access.admit(token, this.#extensions(this.#request));
      this.#scheduleRecheck();
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #broadcast(message: ClientMessage): Promise<void> {
    if (!this.#access || !this.#request || !this.#room) return;
    const broadcast = message.broadcast ?? broadcastFromText(message.payload);
    const reason = this.#broadcastError(message, broadcast);
    if (!broadcast || reason) {
      this.#services.log('realtime', `a broadcast was dropped: ${reason}`);
      if (this.#request.ack) this.#reply(message.ref, 'error', { reason, error: reason });
      return;
    }
    // Hosted says nothing to a client that may not write, so that it cannot tell who may.
    if (!(await this.#mayWrite('broadcast')) || this.#closed) return;
    this.#room.broadcast(broadcast, this.#request.self ? undefined : this);
    if (this.#request.ack) this.#reply(message.ref, 'ok', {});
  }

  #broadcastError({ payload }: ClientMessage, broadcast: Broadcast | undefined): string | undefined {
    if (!broadcast) return 'InvalidBroadcast: a broadcast has an event, which is text, and a payload';
    if (payloadSize(broadcast) > MAX_PAYLOAD_BYTES) {
      return `PayloadTooLarge: a payload has ${MAX_PAYLOAD_BYTES} bytes at most`;
    }
    if (asRecord(payload).persist)
      return 'PersistUnavailable: the local stack does not store broadcasts for replay yet';
    return undefined;
  }

  async #presence({ payload, ref }: ClientMessage): Promise<void> {
    if (!this.#access || !this.#room) return;
    const { event, payload: state } = asRecord(payload);
    const action = typeof event === 'string' ? event.toLowerCase() : undefined;
    if (action === 'untrack') {
      this.#room.untrack(this);
      return this.#reply(ref, 'ok', {});
    }
    const reason = presenceError(action, state) ?? ((await this.#mayTrack()) ? undefined : 'Unauthorized');
    if (this.#closed) return;
    if (reason) return this.#reply(ref, 'error', { reason });
    this.#room.track(this, this.#presenceKey, asRecord(state));
    this.#reply(ref, 'ok', {});
  }

  async #mayTrack(): Promise<boolean> {
    if (!(await this.#mayWrite('presence'))) return false;
    this.#tracks = true;
    return true;
  }

  /** A database out of reach denies for now, and is asked again with the next message. */
  async #mayWrite(extension: Extension): Promise<boolean> {
    try {
      return (await this.#access?.mayWrite(extension)) === true;
    } catch (error) {
      if (error instanceof AccessRefused) return false;
      throw error;
    }
  }

  get #wantsPresence(): boolean {
    return this.#request?.presenceEnabled === true || this.#tracks;
  }

  #extensions(request: JoinRequest): Extension[] {
    return request.presenceEnabled ? ['broadcast', 'presence'] : ['broadcast'];
  }

  #scheduleRecheck(): void {
    clearTimeout(this.#recheck);
    const wait = Math.max(0, Math.min(TOKEN_RECHECK_MS, this.#access?.expiresInMs ?? 0));
    this.#recheck = setTimeout(() => void this.#recheckToken(), wait);
  }

  async #recheckToken(): Promise<void> {
    try {
      await this.#access?.recheckToken();
      if (!this.#closed) this.#scheduleRecheck();
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #announceReplication(): Promise<void> {
    await this.#services.stream.ready;
    if (!this.#closed) this.#system('ok', 'Replication connection established');
  }

  #refuse(error: unknown): void {
    if (this.#closed) return;
    this.#system('error', error instanceof AccessRefused ? error.message : 'Unknown Error on Channel');
    this.closeWithNotice();
    if (!(error instanceof AccessRefused)) this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#services.log('realtime', `a message on a channel failed: ${String(error)}`);
  }

  #system(status: 'ok' | 'error', message: string): void {
    this.#push('system', { extension: 'system', status, message, channel: this.#name });
  }

  #reply(ref: string | null, status: 'ok' | 'error', response: object): void {
    this.#push('phx_reply', { status, response }, ref);
  }

  #push(event: string, payload: object, ref: string | null = null): void {
    this.#connection.send({ joinRef: this.joinRef, ref, topic: this.topic, event, payload });
  }
}

function joinReason(error: unknown): string {
  if (error instanceof AccessRefused) return `${error.code}: ${error.message}`;
  return error instanceof JoinRefused ? error.message : 'Unknown Error on Channel';
}

function broadcastFromText(payload: unknown): Broadcast | undefined {
  const { event, payload: body } = asRecord(payload);
  if (typeof event !== 'string') return undefined;
  return { event, payload: { encoding: 'json', json: JSON.stringify(body ?? {}) } };
}

function presenceError(action: string | undefined, state: unknown): string | undefined {
  if (action !== 'track') return 'UnknownPresenceEvent: presence is tracked or untracked';
  if (typeof state !== 'object' || state === null || Array.isArray(state)) {
    return 'Presence track payload must be a map';
  }
  if (Buffer.byteLength(JSON.stringify(state)) > MAX_PAYLOAD_BYTES) return 'Track message size exceeded';
  return undefined;
}
