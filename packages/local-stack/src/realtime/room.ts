import type { Broadcast } from './broadcast.ts';
import { PresenceBoard, type PresenceDiff } from './presence-board.ts';
import type { Frame, Serializer } from './serializer.ts';

/** One client's membership of a room. */
export interface RoomMember {
  readonly serializer: Serializer;
  /** Whether a broadcast is for it; `id` is the message's, where it has one. */
  takesBroadcast(id: string | undefined): boolean;
  readonly seesPresence: boolean;
  sendFrame(frame: Frame): void;
}

/** Everyone on one topic. A public and a private channel of the same name are two rooms. */
export class Room {
  /** The topic as clients write it: `realtime:<name>`. */
  readonly topic: string;
  readonly #members = new Set<RoomMember>();
  readonly #presence = new PresenceBoard<RoomMember>();

  constructor(topic: string) {
    this.topic = topic;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  enter(member: RoomMember): void {
    this.#members.add(member);
  }

  leave(member: RoomMember): void {
    this.#members.delete(member);
    this.untrack(member);
  }

  /** Sends a broadcast to every member but one, encoding it once for each version of the wire format. */
  broadcast(broadcast: Broadcast, except?: RoomMember): void {
    this.#deliver(
      (serializer) => serializer.encodeBroadcast(this.topic, broadcast),
      (member) => member !== except && member.takesBroadcast(broadcast.id),
    );
  }

  presenceState() {
    return this.#presence.state();
  }

  track(member: RoomMember, key: string, state: Record<string, unknown>): void {
    this.#sendDiff(this.#presence.track(member, key, state));
  }

  untrack(member: RoomMember): void {
    const diff = this.#presence.untrack(member);
    if (diff) this.#sendDiff(diff);
  }

  #sendDiff(payload: PresenceDiff): void {
    const message = { joinRef: null, ref: null, topic: this.topic, event: 'presence_diff', payload };
    this.#deliver(
      (serializer) => serializer.encode(message),
      (member) => member.seesPresence,
    );
  }

  #deliver(encode: (serializer: Serializer) => Frame | undefined, wants: (member: RoomMember) => boolean): void {
    const frames = new Map<Serializer, Frame | undefined>();
    for (const member of this.#members) {
      if (!wants(member)) continue;
      if (!frames.has(member.serializer)) frames.set(member.serializer, encode(member.serializer));
      const frame = frames.get(member.serializer);
      if (frame) member.sendFrame(frame);
    }
  }
}
