import type { Broadcast } from './broadcast.ts';
import type { Frame } from './serializer.ts';
import type { StoredMessage } from './stored-message.ts';

/**
 * Keeps order between what a client missed and what is sent while that is being read: each in its place, and nothing
 * twice.
 */
export class ChannelReplay {
  #held: Frame[] | undefined = [];
  #heldBytes = 0;
  readonly #heldIds = new Set<string>();
  readonly #replayedIds = new Set<string>();

  /** Whether a broadcast is new to the client. */
  takes(id: string | undefined): boolean {
    if (id === undefined) return true;
    if (this.#replayedIds.has(id)) return false;
    if (this.#held) this.#heldIds.add(id);
    return true;
  }

  /** Keeps a frame back while the missed ones are read; false afterwards. */
  holds(frame: Frame): boolean {
    if (!this.#held) return false;
    this.#held.push(frame);
    this.#heldBytes += frame.wire.length;
    return true;
  }

  /** Bytes that are kept back. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * The missed broadcasts that are not held, oldest first: those to send before what is held, and those that were read
   * sooner than they came, to send after it.
   */
  replays(missed: readonly StoredMessage[]): { before: Broadcast[]; after: Broadcast[] } {
    const firstHeld = missed.findIndex(({ id }) => this.#heldIds.has(id));
    const end = firstHeld === -1 ? missed.length : firstHeld;
    return { before: this.#replay(missed.slice(0, end)), after: this.#replay(missed.slice(end)) };
  }

  #replay(missed: readonly StoredMessage[]): Broadcast[] {
    const unheld = missed.filter(({ id }) => !this.#heldIds.has(id));
    for (const { id } of unheld) this.#replayedIds.add(id);
    return unheld.map(({ broadcast }) => ({ ...broadcast, replayed: true }));
  }

  /** What was held, oldest first. Nothing is held from now on. */
  release(): Frame[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#heldBytes = 0;
    this.#heldIds.clear();
    return held;
  }
}
