import type pg from 'pg';
import { type TenantQuery, toSql } from './tenant-queries.ts';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Total Cost': number;
  readonly 'Parent Relationship'?: string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
  readonly [property: string]: unknown;
}

/** A call of a helper of policies in a condition, where it is asked for every row. */
const HELPER_CALL = /\b(auth|private)\.\w+\(/;

/** Throws unless the caller's query reads its table by an index, and asks the policy's helper once, in an InitPlan. */
export async function checkPlan(client: pg.Client, query: TenantQuery): Promise<void> {
  const { rows } = await client.query(`explain (format json, verbose) ${toSql(query)}`);
  const nodes = [...walk(rows[0]['QUERY PLAN'][0].Plan)];
  const fail = (why: string): never => {
    const plan = nodes.map((node) => `${node['Node Type']} ${node['Relation Name'] ?? ''}`.trim()).join(', ');
    throw new Error(`${query.name}: ${why}: ${plan}`);
  };
  // An empty partition costs nothing, however it is read.
  if (nodes.some((node) => node['Node Type'] === 'Seq Scan' && node['Total Cost'] > 0))
    fail('a table is read from end to end');
  if (!nodes.some((node) => node['Node Type'].includes('Index'))) fail('no index is used');
  if (!nodes.some((node) => node['Parent Relationship'] === 'InitPlan')) fail('the policy asks nothing in an InitPlan');
  for (const node of nodes) {
    if (node['Parent Relationship'] === 'InitPlan') continue;
    for (const part of ['Filter', 'Index Cond', 'Recheck Cond']) {
      if (HELPER_CALL.test(String(node[part] ?? ''))) fail(`a helper is asked for every row, in ${part}`);
    }
  }
}

function* walk(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* walk(child);
}
