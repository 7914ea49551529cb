import { setTimeout as delay } from 'node:timers/promises';
import { asRecord } from './as-record.ts';
import type { Extension } from './authorize-topic.ts';
import { type Broadcast, payloadSize } from './broadcast.ts';
import { SubscriptionRefused } from './changes/change-request.ts';
import { ChannelChanges } from './changes/channel-changes.ts';
import { AccessRefused, ChannelAccess } from './channel-access.ts';
import { ChannelPresence } from './channel-presence.ts';
import { ChannelReplay } from './channel-replay.ts';
import type { Connection } from './connection.ts';
import { JoinRefused, type JoinRequest, parseJoinRequest } from './join-request.ts';
import { RECHECK_RETRY_MS } from './limits.ts';
import type { RealtimeServices } from './realtime-services.ts';
import { type ReplayRequest, readReplay } from './replay-messages.ts';
import type { Room, RoomMember } from './room.ts';
import { TOPIC_PREFIX } from './rooms.ts';
import type { ClientMessage, Frame } from './serializer.ts';
import type { StoredMessage } from './stored-message.ts';

/** What a channel has from its join on. */
interface Joined {
  readonly request: JoinRequest;
  readonly access: ChannelAccess;
  readonly room: Room;
  readonly presence: ChannelPresence;
  readonly changes: ChannelChanges;
}

const DATABASE_DOWN = 'Realtime was unable to connect to the project database';

/** One topic that one client has joined. Its messages are handled one after another, in the order they came. */
export class Channel implements RoomMember {
  readonly topic: string;
  readonly joinRef: string | null;
  readonly #name: string;
  readonly #connection: Connection;
  readonly #services: RealtimeServices;
  #joined: Joined | undefined;
  #replay: ChannelReplay | undefined;
  #closed = false;
  #recheck: NodeJS.Timeout | undefined;
  #changesRetry: NodeJS.Timeout | undefined;
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

  get seesPresence(): boolean {
    if (!this.#joined) return false;
    const { request, access, presence } = this.#joined;
    return (request.presenceEnabled || presence.tracks) && access.mayRead('presence');
  }

  takesBroadcast(id: string | undefined): boolean {
    return this.#joined?.access.mayRead('broadcast') === true && (this.#replay?.takes(id) ?? true);
  }

  sendFrame(frame: Frame): void {
    if (!this.#replay?.holds(frame)) this.#connection.sendFrame(frame);
    else if (this.#replay.heldBytes > this.#services.limits.bufferedBytes) this.#connection.terminate();
  }

  /** Handles a message after all earlier ones; resolves when it is done. */
  receive(message: ClientMessage): Promise<void> {
    return this.#next(() => this.#handle(message));
  }

  /** Takes the client out of the room; what it sent and is not handled yet is dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#recheck);
    clearTimeout(this.#changesRetry);
    this.#joined?.changes.stop();
    if (this.#joined) this.#services.rooms.leave(this.#name, this.#joined.request.isPrivate, this);
    this.#connection.forget(this);
  }

  /** Closes, and tells the client so. */
  closeWithNotice(): void {
    this.close();
    this.#push('phx_close', {}, this.joinRef);
  }

  #next(work: () => Promise<void> | void): Promise<void> {
    this.#last = this.#last.then(work).catch((error) => this.#fail(error));
    return this.#last;
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
      const access = await this.#admit(request);
      if (this.#closed) return;
      const { changes } = this.#enter(request, access);
      const missed = request.replay ? await this.#readMissed(request.replay) : [];
      if (request.changesWaitMs !== undefined) await this.#awaitChanges(changes, access, request.changesWaitMs);
      if (this.#closed) return;
      this.#services.metrics.joins += 1;
      this.#scheduleRecheck();
      this.#reply(ref, 'ok', { postgres_changes: changes.echo });
      this.#sendMissed(missed);
      if (this.seesPresence) this.#push('presence_state', this.#joined?.room.presenceState() ?? {});
      if (request.replicationReady) void this.#announceReplication();
      if (request.changesWaitMs === undefined) void this.#subscribeToChanges();
      else if (!changes.isEmpty) this.#announceChanges();
    } catch (error) {
      this.#services.metrics.joinsRefused += 1;
      this.#reply(ref, 'error', { reason: joinReason(error) });
      this.close();
      if (!(error instanceof AccessRefused || error instanceof JoinRefused)) throw error;
    }
  }

  async #admit(request: JoinRequest): Promise<ChannelAccess> {
    const access = new ChannelAccess({
      services: this.#services,
      name: this.#name,
      isPrivate: request.isPrivate,
      headers: this.#connection.headers,
    });
    // An opaque key given as a token adds nothing to the key that opened the connection.
    const token = request.accessToken?.startsWith('sb_') ? undefined : request.accessToken;
    await access.admit(token ?? this.#connection.apiKey, extensionsOf(request));
    if (request.replay && !access.mayRead('broadcast')) throw access.refusal();
    return access;
  }

  /** Enters the room before what was missed is read, so that nothing is lost in between. */
  #enter(request: JoinRequest, access: ChannelAccess): Joined {
    if (request.replay) this.#replay = new ChannelReplay();
    const room = this.#services.rooms.enter(this.#name, request.isPrivate, this);
    const presence = new ChannelPresence({
      services: this.#services,
      room,
      member: this,
      key: request.presenceKey,
      mayTrack: () => this.#mayWrite('presence'),
    });
    const changes = new ChannelChanges(this.#services.changes, this, request.changes);
    this.#joined = { request, access, room, presence, changes };
    return this.#joined;
  }

  async #readMissed(request: ReplayRequest): Promise<StoredMessage[]> {
    try {
      await this.#services.stream.visible();
      return await readReplay(this.#services.pool, this.#name, request);
    } catch (error) {
      this.#fail(error);
      throw new JoinRefused('UnableToReplayMessages: Realtime was unable to replay messages');
    }
  }

  #sendMissed(missed: readonly StoredMessage[]): void {
    if (!this.#replay) return;
    const { before, after } = this.#replay.replays(missed);
    this.#sendReplayed(before);
    for (const frame of this.#replay.release()) this.#connection.sendFrame(frame);
    this.#sendReplayed(after);
  }

  #sendReplayed(broadcasts: readonly Broadcast[]): void {
    for (const broadcast of broadcasts) {
      const frame = this.serializer.encodeBroadcast(this.topic, broadcast);
      if (frame) this.#connection.sendFrame(frame);
    }
  }

  /** Holds the reply to a join until changes will be seen. */
  async #awaitChanges(changes: ChannelChanges, access: ChannelAccess, waitMs: number): Promise<void> {
    if (changes.isEmpty) return;
    const done = new AbortController();
    const late = delay(waitMs, undefined, { signal: done.signal }).then(() => {
      throw new JoinRefused(`PostgresChangesSubscribeTimeout: not subscribed to PostgreSQL within ${waitMs} ms`);
    });
    try {
      await Promise.race([changes.subscribe(access.claims), late]);
    } catch (error) {
      if (!(error instanceof SubscriptionRefused)) throw error;
      throw new JoinRefused(`RealtimeDisabledForConfiguration: ${error.message}`);
    } finally {
      done.abort();
      late.catch(() => {});
    }
  }

  /** Subscribes without holding anything up; the client is told how it went. */
  async #subscribeToChanges(): Promise<void> {
    if (this.#closed || !this.#joined || this.#joined.changes.isEmpty) return;
    clearTimeout(this.#changesRetry);
    try {
      await this.#joined.changes.subscribe(this.#joined.access.claims);
      if (!this.#closed) this.#announceChanges();
    } catch (error) {
      if (this.#closed) return;
      const refused = error instanceof SubscriptionRefused;
      this.#system('error', refused ? error.message : DATABASE_DOWN, 'postgres_changes');
      // What is wrong with the request stays wrong.
      if (refused) return;
      this.#fail(error);
      this.#changesRetry = setTimeout(() => void this.#subscribeToChanges(), RECHECK_RETRY_MS);
    }
  }

  #announceChanges(): void {
    this.#system('ok', 'Subscribed to PostgreSQL', 'postgres_changes');
  }

  async #changeToken(token: unknown): Promise<void> {
    if (typeof token !== 'string' || token.startsWith('sb_') || !this.#joined) return;
    const { access, request } = this.#joined;
    if (access.holds(token)) return;
    try {
      await access.admit(token, extensionsOf(request));
      if (this.#closed) return;
      this.#scheduleRecheck();
      void this.#subscribeToChanges();
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #broadcast(message: ClientMessage): Promise<void> {
    if (!this.#joined) return;
    const { request, room } = this.#joined;
    const broadcast = message.broadcast ?? broadcastFromText(message.payload);
    const reason = this.#broadcastError(message, broadcast);
    if (!broadcast || reason) {
      this.#services.log('realtime', `a broadcast was dropped: ${reason}`);
      if (request.ack) this.#reply(message.ref, 'error', { reason, error: reason });
      return;
    }
    // Hosted says nothing to a client that may not write, so that it cannot tell who may.
    if (!(await this.#mayWrite('broadcast')) || this.#closed) return;
    if (!this.#services.rates.events.take()) {
      this.#services.metrics.broadcastsOverLimit += 1;
      return this.#shutDown('Too many messages per second');
    }
    room.broadcast(broadcast, request.self ? undefined : this);
    if (request.ack) this.#reply(message.ref, 'ok', {});
  }

  #broadcastError({ payload }: ClientMessage, broadcast: Broadcast | undefined): string | undefined {
    if (!broadcast) return 'InvalidBroadcast: a broadcast has an event, which is text, and a payload';
    const { payloadBytes } = this.#services.limits;
    if (payloadSize(broadcast) > payloadBytes) return `PayloadTooLarge: a payload has ${payloadBytes} bytes at most`;
    if (asRecord(payload).persist)
      return 'PersistUnavailable: the local stack does not store broadcasts for replay; use realtime.send';
    return undefined;
  }

  async #presence({ payload, ref }: ClientMessage): Promise<void> {
    const answer = await this.#joined?.presence.handle(payload);
    if (!answer || this.#closed) return;
    if (answer.closeWith !== undefined) return this.#shutDown(answer.closeWith);
    if (answer.error !== undefined) return this.#reply(ref, 'error', { reason: answer.error });
    this.#reply(ref, 'ok', {});
  }

  /** A database out of reach denies for now, and is asked again with the next message. */
  async #mayWrite(extension: Extension): Promise<boolean> {
    try {
      return (await this.#joined?.access.mayWrite(extension)) === true;
    } catch (error) {
      if (error instanceof AccessRefused) return false;
      throw error;
    }
  }

  #scheduleRecheck(soonest = this.#services.limits.tokenRecheckMs): void {
    clearTimeout(this.#recheck);
    const wait = Math.max(0, Math.min(soonest, this.#joined?.access.expiresInMs ?? 0));
    this.#recheck = setTimeout(() => void this.#next(() => this.#recheckAccess()), wait);
  }

  async #recheckAccess(): Promise<void> {
    if (this.#closed || !this.#joined) return;
    const { access, request } = this.#joined;
    try {
      const asked = await access.recheck(extensionsOf(request));
      if (!this.#closed) this.#scheduleRecheck(asked ? undefined : RECHECK_RETRY_MS);
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
    this.#shutDown(error instanceof AccessRefused ? error.message : 'Unknown Error on Channel');
    if (!(error instanceof AccessRefused)) this.#fail(error);
  }

  #shutDown(message: string): void {
    this.#system('error', message);
    this.closeWithNotice();
  }

  #fail(error: unknown): void {
    this.#services.log('realtime', `a message on a channel failed: ${String(error)}`);
  }

  #system(status: 'ok' | 'error', message: string, extension: 'system' | 'postgres_changes' = 'system'): void {
    this.#push('system', { extension, status, message, channel: this.#name });
  }

  #reply(ref: string | null, status: 'ok' | 'error', response: object): void {
    this.#push('phx_reply', { status, response }, ref);
  }

  #push(event: string, payload: object, ref: string | null = null): void {
    this.#connection.send({ joinRef: this.joinRef, ref, topic: this.topic, event, payload });
  }
}

function extensionsOf({ presenceEnabled }: JoinRequest): Extension[] {
  return presenceEnabled ? ['broadcast', 'presence'] : ['broadcast'];
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
