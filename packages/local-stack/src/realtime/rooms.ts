import type { Broadcast } from './broadcast.ts';
import { Room, type RoomMember } from './room.ts';

/** What every topic of a client starts with. */
export const TOPIC_PREFIX = 'realtime:';

/** Every room that has members. */
export class Rooms {
  readonly #public = new Map<string, Room>();
  readonly #private = new Map<string, Room>();

  /** Puts a member into the room of a name, making the room where it is the first. */
  enter(name: string, isPrivate: boolean, member: RoomMember): Room {
    const rooms = this.#of(isPrivate);
    const room = rooms.get(name) ?? new Room(`${TOPIC_PREFIX}${name}`);
    rooms.set(name, room);
    room.enter(member);
    return room;
  }

  leave(name: string, isPrivate: boolean, member: RoomMember): void {
    const rooms = this.#of(isPrivate);
    const room = rooms.get(name);
    room?.leave(member);
    if (room?.isEmpty) rooms.delete(name);
  }

  /** Sends to all members of a room; nobody there is no error. */
  broadcast(name: string, isPrivate: boolean, broadcast: Broadcast): void {
    this.#of(isPrivate).get(name)?.broadcast(broadcast);
  }

  #of(isPrivate: boolean): Map<string, Room> {
    return isPrivate ? this.#private : this.#public;
  }
}
