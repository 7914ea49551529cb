import { randomBytes } from 'node:crypto';

/** One tracked state: what a client gave, and the reference that tells it from others under the same key. */
interface PresenceMeta {
  readonly [field: string]: unknown;
  readonly phx_ref: string;
}

/** States by presence key, in Phoenix's form. */
export type PresenceEntries = Record<string, { metas: PresenceMeta[] }>;

export interface PresenceDiff {
  readonly joins: PresenceEntries;
  readonly leaves: PresenceEntries;
}

interface Tracked {
  readonly key: string;
  readonly meta: PresenceMeta;
}

/** Who is present on one channel. `Owner` is whatever can be present at most once: a joined channel of a client. */
export class PresenceBoard<Owner> {
  readonly #tracked = new Map<Owner, Tracked>();

  /** Everyone present, for a client that has just joined. */
  state(): PresenceEntries {
    const metasByKey = new Map<string, PresenceMeta[]>();
    for (const { key, meta } of this.#tracked.values()) {
      const metas = metasByKey.get(key);
      if (metas) metas.push(meta);
      else metasByKey.set(key, [meta]);
    }
    return Object.fromEntries([...metasByKey].map(([key, metas]) => [key, { metas }]));
  }

  /** Sets the state of an owner, replacing its earlier one. */
  track(owner: Owner, key: string, state: Record<string, unknown>): PresenceDiff {
    const before = this.#tracked.get(owner);
    const phx_ref = randomBytes(9).toString('base64url');
    const after = { key, meta: { ...state, phx_ref, ...(before && { phx_ref_prev: before.meta.phx_ref }) } };
    this.#tracked.set(owner, after);
    return { joins: entriesOf(after), leaves: before ? entriesOf(before) : {} };
  }

  /** Takes an owner off the board; undefined where it was not on it. */
  untrack(owner: Owner): PresenceDiff | undefined {
    const before = this.#tracked.get(owner);
    if (!before) return undefined;
    this.#tracked.delete(owner);
    return { joins: {}, leaves: entriesOf(before) };
  }
}

/** A key may be `__proto__`, which only fromEntries takes for an ordinary name. */
function entriesOf({ key, meta }: Tracked): PresenceEntries {
  return Object.fromEntries([[key, { metas: [meta] }]]);
}
