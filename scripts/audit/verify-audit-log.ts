import type pg from 'pg';
import { type Anchor, anchorProblems } from './anchor.ts';
import { CHAINS, REORDERED, SLICE } from './verify-sql.ts';

/** Entries that one query checks. */
const SLICE_ENTRIES = 50_000;
/** Problems that are told; the rest are counted. */
const MOST_PROBLEMS = 1000;

export interface AuditReport {
  readonly chains: number;
  readonly entries: number;
  /** One sentence each, at most a thousand. */
  readonly problems: readonly string[];
  readonly problemCount: number;
  /** The end of each chain, to compare with at the next time. */
  readonly heads: Anchor['chains'];
}

export interface VerifyOptions {
  /** Ends of the chains as they were at an earlier time. */
  readonly anchor?: Anchor | undefined;
  readonly onProgress?: (entries: number, of: number) => void;
}

/** One chain: from where it is kept, to where its entries end, and to where they should. */
interface Chain {
  readonly chain: string;
  /** Number of the last entry that was dropped at the end of its retention; 0 where none was. */
  readonly kept_from: number;
  /** What private.audit_chains says of its end; null where it knows no such chain. */
  readonly head_seq: number | null;
  readonly head_hash: string | null;
  /** The last entry there is, or what it was kept from. */
  readonly last_seq: number;
  readonly last_hash: string;
}

interface Slice {
  readonly chain: string;
  readonly after: number;
  readonly upto: number;
}

interface Finding {
  readonly chain: string;
  readonly seq: number;
  readonly previous_seq: number;
  readonly what: string;
  readonly kind: 'missing' | 'repeated' | 'changed' | 'content' | 'subject';
}

/**
 * Walks every chain of the audit log in one snapshot and recomputes its hashes. Needs a connection that may read the
 * schema private; changes nothing.
 */
export async function verifyAuditLog(
  client: pg.Client,
  { anchor, onProgress }: VerifyOptions = {},
): Promise<AuditReport> {
  await client.query('begin isolation level repeatable read read only');
  try {
    const { rows: chains } = await client.query<Chain>(CHAINS);
    const total = chains.reduce((sum, chain) => sum + chain.last_seq - chain.kept_from, 0);
    const problems: string[] = [];
    let entries = 0;
    for (const slices of batches(chains)) {
      const found = await checkSlices(client, slices);
      entries += found.entries;
      problems.push(...found.problems);
      onProgress?.(entries, total);
    }
    problems.push(...chains.flatMap(endProblems));
    if (anchor) problems.push(...(await anchorProblems(client, anchor)));
    return {
      chains: chains.length,
      entries,
      problems: problems.slice(0, MOST_PROBLEMS),
      problemCount: problems.length,
      heads: Object.fromEntries(
        chains.map(({ chain, last_seq, last_hash }) => [chain, { seq: last_seq, hash: last_hash }]),
      ),
    };
  } finally {
    await client.query('rollback');
  }
}

/** Cuts the chains into pieces of at most SLICE_ENTRIES, and puts small ones together. */
function* batches(chains: readonly Chain[]): Generator<Slice[]> {
  let batch: Slice[] = [];
  let size = 0;
  for (const { chain, kept_from, last_seq } of chains) {
    for (let after = kept_from; after < last_seq; after += SLICE_ENTRIES) {
      const upto = Math.min(after + SLICE_ENTRIES, last_seq);
      if (size + upto - after > SLICE_ENTRIES) {
        yield batch;
        [batch, size] = [[], 0];
      }
      batch.push({ chain, after, upto });
      size += upto - after;
    }
  }
  if (batch.length > 0) yield batch;
}

async function checkSlices(
  client: pg.Client,
  slices: readonly Slice[],
): Promise<{ entries: number; problems: string[] }> {
  const { rows } = await client.query<{ entries: number; findings: Finding[] }>(SLICE, [
    slices.map(({ chain }) => chain),
    slices.map(({ after }) => after),
    slices.map(({ upto }) => upto),
  ]);
  const { entries = 0, findings = [] } = rows[0] ?? {};
  const problems: string[] = [];
  for (const finding of findings) problems.push(await tell(client, finding));
  return { entries, problems };
}

async function tell(client: pg.Client, { chain, seq, previous_seq, what, kind }: Finding): Promise<string> {
  const entry = `chain ${chain}: entry ${seq} (${what})`;
  switch (kind) {
    case 'missing':
      return `chain ${chain}: ${range(previous_seq + 1, seq - 1)} missing`;
    case 'repeated':
      return `${entry} is there twice`;
    case 'content':
      return `${entry} was changed: it does not say what it said when it was written`;
    case 'subject':
      return `${entry} was changed: it is not about the user whose chain it is in`;
    case 'changed': {
      const { rows } = await client.query<{ seq: number }>(REORDERED, [chain, seq]);
      return rows[0]
        ? `${entry} was reordered: it was written as entry ${rows[0].seq}`
        : `${entry} was changed, or what came before it was: it does not follow from entry ${previous_seq}`;
    }
  }
}

/** Compares the last entry there is with the last that was written. */
function endProblems({ chain, head_seq, head_hash, last_seq, last_hash }: Chain): string[] {
  if (head_seq === null) return [`chain ${chain}: it has entries, and its end is not recorded`];
  if (last_seq < head_seq) return [`chain ${chain}: ${range(last_seq + 1, head_seq)} missing at the end`];
  if (last_seq > head_seq) return [`chain ${chain}: it goes on after its last entry, ${head_seq}`];
  return last_hash === head_hash
    ? []
    : [`chain ${chain}: its last entry, ${last_seq}, is not the one that was written`];
}

function range(from: number, to: number): string {
  return from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
}
