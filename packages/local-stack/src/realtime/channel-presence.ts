import { randomUUID } from 'node:crypto';
import { asRecord } from './as-record.ts';
import type { RealtimeServices } from './realtime-services.ts';
import type { Room, RoomMember } from './room.ts';

/** What a presence message comes to: nothing, an error in its reply, or the end of the channel. */
export type PresenceAnswer = { readonly error?: string; readonly closeWith?: string };

export interface ChannelPresenceOptions {
  readonly services: RealtimeServices;
  readonly room: Room;
  readonly member: RoomMember;
  /** Empty where the server is to choose one. */
  readonly key: string;
  /** Whether the policies let the client show itself. */
  readonly mayTrack: () => Promise<boolean>;
}

/** The presence that one client shows on one channel. */
export class ChannelPresence {
  readonly #options: ChannelPresenceOptions;
  readonly #key: string;
  #tracks = false;
  #calls = 0;
  #windowEndsAt = 0;

  constructor(options: ChannelPresenceOptions) {
    this.#options = options;
    this.#key = options.key || randomUUID();
  }

  /** Whether the client has shown itself, which makes it see others, too. */
  get tracks(): boolean {
    return this.#tracks;
  }

  async handle(payload: unknown): Promise<PresenceAnswer> {
    const { room, member } = this.#options;
    if (!this.#countCall()) return { closeWith: 'Client presence rate limit exceeded' };
    const { event, payload: state = {} } = asRecord(payload);
    const action = typeof event === 'string' ? event.toLowerCase() : undefined;
    if (action === 'untrack') {
      room.untrack(member);
      return {};
    }
    if (action !== 'track') return { error: 'UnknownPresenceEvent: presence is tracked or untracked' };
    if (!(await this.#options.mayTrack())) return { error: 'Unauthorized' };
    return this.#track(state);
  }

  #track(state: unknown): PresenceAnswer {
    const { services, room, member } = this.#options;
    if (typeof state !== 'object' || state === null || Array.isArray(state)) {
      return { error: 'Presence track payload must be a map' };
    }
    if (Buffer.byteLength(JSON.stringify(state)) > services.limits.payloadBytes) {
      return { closeWith: 'Track message size exceeded' };
    }
    if (!services.rates.presence.take()) return { closeWith: 'Too many presence messages per second' };
    this.#tracks = true;
    room.track(member, this.#key, asRecord(state));
    return {};
  }

  #countCall(): boolean {
    const { calls, windowMs } = this.#options.services.limits.clientPresence;
    const now = performance.now();
    if (now > this.#windowEndsAt) {
      this.#windowEndsAt = now + windowMs;
      this.#calls = 0;
    }
    this.#calls += 1;
    return this.#calls <= calls;
  }
}
