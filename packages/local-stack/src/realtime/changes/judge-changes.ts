import type { Pool } from 'pg';
import type { Log } from '../../stack-context.ts';
import { changePayload, refusalOf, refusedPayload } from './change-payload.ts';
import type { ChangeSubscription } from './change-subscription.ts';
import { describeTable, type Table } from './describe-table.ts';
import { type JudgedRow, judgeRows } from './judge-rows.ts';
import type { RowChange, RowText } from './row-change.ts';
import { type Viewer, visibleRows } from './visible-rows.ts';

/** A change's JSON, and the subscriptions it is for. */
export interface Delivery {
  readonly data: string;
  readonly subscriptions: readonly ChangeSubscription[];
}

export interface ChangesOfTable {
  readonly pool: Pool;
  readonly log: Log;
  /** Of one relation, in the order of the commits. */
  readonly changes: readonly RowChange[];
  readonly subscriptions: readonly ChangeSubscription[];
}

/** Decides who is sent each change of a table, and what of it. The answer has the deliveries of each change, in order. */
export async function judgeChanges(options: ChangesOfTable): Promise<Delivery[][]> {
  const { pool, changes, subscriptions } = options;
  const relation = changes[0]?.relation;
  if (!relation || subscriptions.length === 0) return changes.map(() => []);
  const roles = [...new Set(subscriptions.map(({ claims }) => claims.role))];
  const table = await describeTable(pool, relation, roles);
  if (!table) return changes.map(() => []);
  const judged = await judgeAll(options, table);
  const candidates = judged.map((row) => subscriptions.filter((subscription) => wants(subscription, row)));
  const isVisible = await askPolicies(options, table, judged, candidates);
  return judged.map((row, place) => [
    ...refused(row.change, table, subscriptions),
    ...group(candidates[place] ?? [], ({ claims, request }) => [claims.role, request.select ?? null])
      .map((alike) => alike.filter((subscription) => isVisible(subscription, place)))
      .flatMap((alike) => deliver(row, table, alike)),
  ]);
}

interface JudgedChange {
  readonly change: RowChange;
  readonly after: JudgedRow | undefined;
  readonly before: JudgedRow | undefined;
}

async function judgeAll({ pool, log, changes, subscriptions }: ChangesOfTable, table: Table): Promise<JudgedChange[]> {
  const rows: RowText[] = [];
  const place = (row: RowText | undefined) => (row ? rows.push(row) - 1 : -1);
  const places = changes.map(({ after, before }) => ({ after: place(after), before: place(before) }));
  const columns = changes[0]?.relation.columns.map(({ name }) => name) ?? [];
  const filters = new Map(
    subscriptions
      .filter(({ filterKey }) => filterKey !== '')
      .map(({ filterKey, request }) => [filterKey, request.filters]),
  );
  const judged = await judgeRows({ pool, log, table, columns, rows, filters });
  return changes.map((change, i) => ({
    change,
    after: judged[places[i]?.after ?? -1],
    before: judged[places[i]?.before ?? -1],
  }));
}

function wantsType({ request }: ChangeSubscription, { type }: RowChange): boolean {
  return request.event === '*' || request.event === type;
}

/** Whether the event and the filters of a subscription fit; those of a deletion look at what is known of the old row. */
function wants(subscription: ChangeSubscription, { change, after, before }: JudgedChange): boolean {
  const row = change.type === 'DELETE' ? before : after;
  return wantsType(subscription, change) && row?.passes(subscription.filterKey) === true;
}

/** Asks the policies once for each set of claims about all the rows it may see. */
async function askPolicies(
  { pool, log, changes }: ChangesOfTable,
  table: Table,
  judged: readonly JudgedChange[],
  candidates: readonly ChangeSubscription[][],
): Promise<(subscription: ChangeSubscription, place: number) => boolean> {
  const viewers = new Map<string, Viewer & { places: number[] }>();
  for (const [place, { change }] of judged.entries()) {
    if (!table.rowSecurity || change.type === 'DELETE') continue;
    for (const { claims, claimsKey } of candidates[place] ?? []) {
      if (refusalOf(change, table, claims.role)) continue;
      const viewer = viewers.get(claimsKey) ?? { claims, places: [] };
      if (viewer.places.at(-1) !== place) viewer.places.push(place);
      viewers.set(claimsKey, viewer);
    }
  }
  const columns = changes[0]?.relation.columns.map(({ name }) => name) ?? [];
  const rows = changes.map(({ after }) => after ?? []);
  const seen = await visibleRows({ pool, log, table, columns, rows }, [...viewers.values()]);
  const seenBy = new Map([...viewers.keys()].map((key, i) => [key, seen[i]]));
  return ({ claims, claimsKey }, place) => {
    const change = judged[place]?.change;
    if (!change || refusalOf(change, table, claims.role)) return false;
    // On hosted, too, a table without row security is open to whoever may select from it, and a deletion to all.
    if (!table.rowSecurity || change.type === 'DELETE') return isReadable(table, claims.role);
    return seenBy.get(claimsKey)?.has(place) === true;
  };
}

function isReadable({ columns }: Table, role: string): boolean {
  return columns.some(({ readableBy }) => readableBy.includes(role));
}

/** What those are told who may not read the table's key: that something happened, and why they do not see what. */
function refused(change: RowChange, table: Table, subscriptions: readonly ChangeSubscription[]): Delivery[] {
  const interested = subscriptions.filter((subscription) => wantsType(subscription, change));
  return group(interested, ({ claims }) => [claims.role]).flatMap((alike) => {
    const error = alike[0] && refusalOf(change, table, alike[0].claims.role);
    return error ? [{ data: refusedPayload(change, error), subscriptions: alike }] : [];
  });
}

function deliver(row: JudgedChange, table: Table, subscriptions: readonly ChangeSubscription[]): Delivery[] {
  const [first] = subscriptions;
  if (!first) return [];
  const { claims, request } = first;
  return [{ data: changePayload({ ...row, table, role: claims.role, select: request.select }), subscriptions }];
}

/** Puts what has equal keys together. */
function group(subscriptions: readonly ChangeSubscription[], keyOf: (one: ChangeSubscription) => unknown[]) {
  return [...Map.groupBy(subscriptions, (one) => JSON.stringify(keyOf(one))).values()];
}
