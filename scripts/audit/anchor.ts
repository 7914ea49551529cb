import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type pg from 'pg';
import { HASHES } from './verify-sql.ts';

/**
 * The ends of all chains at a time, kept outside of the database. Who rewrites a whole chain, hashes and all, makes one
 * that holds by itself; it does not lead through the ends that were noted before.
 */
export interface Anchor {
  readonly noted_at: string;
  readonly chains: Readonly<Record<string, { readonly seq: number; readonly hash: string }>>;
}

/** Reads an anchor file; undefined if there is none yet. Throws where the file is something else. */
export function readAnchor(path: string): Anchor | undefined {
  if (!existsSync(path)) return undefined;
  const anchor: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isAnchor(anchor)) throw new Error(`${path} is no anchor of an audit log`);
  return anchor;
}

/** Replaces the anchor file, or leaves it as it is. */
export function writeAnchor(path: string, anchor: Anchor): void {
  const next = `${path}.next`;
  writeFileSync(next, `${JSON.stringify(anchor, null, 1)}\n`, { mode: 0o600 });
  renameSync(next, path);
}

/** Compares the chains with how they were when the anchor was written, one sentence each that differs. */
export async function anchorProblems(client: pg.Client, { noted_at, chains }: Anchor): Promise<string[]> {
  const anchored = Object.entries(chains).filter(([, { seq }]) => seq > 0);
  const { rows } = await client.query<{ chain: string; seq: number; kept_from: number; hash: string | null }>(HASHES, [
    anchored.map(([chain]) => chain),
    anchored.map(([, { seq }]) => seq),
  ]);
  return rows.flatMap(({ chain, seq, kept_from, hash }) => {
    // Dropped since, at the end of its retention.
    if (seq < kept_from) return [];
    if (hash === null) return [`chain ${chain}: entry ${seq}, its last on ${noted_at}, is gone`];
    if (hash === chains[chain]?.hash) return [];
    return [`chain ${chain}: it was rewritten: entry ${seq} is not the one that was its last on ${noted_at}`];
  });
}

function isAnchor(value: unknown): value is Anchor {
  if (typeof value !== 'object' || value === null || !('chains' in value) || !('noted_at' in value)) return false;
  const { chains, noted_at } = value;
  return (
    typeof noted_at === 'string' &&
    typeof chains === 'object' &&
    chains !== null &&
    Object.values(chains).every((head) => typeof head?.seq === 'number' && typeof head?.hash === 'string')
  );
}
