import type pg from 'pg';
import { FUNCTION_RULES } from './catalogue/function-rules.ts';
import { PARTITION_RULES } from './catalogue/partition-rules.ts';
import { POLICY_RULES } from './catalogue/policy-rules.ts';
import type { CatalogueRule } from './catalogue/rule.ts';
import { STATUS_RULES } from './catalogue/status-rules.ts';
import { TABLE_RULES } from './catalogue/table-rules.ts';

/** What holds for every table, policy and function: a new one is checked by itself. */
export const CATALOGUE_RULES: readonly CatalogueRule[] = [
  ...TABLE_RULES,
  ...POLICY_RULES,
  ...FUNCTION_RULES,
  ...PARTITION_RULES,
  ...STATUS_RULES,
];

/** Asks a migrated database about every rule; one sentence for each offender. */
export async function findCatalogueProblems(client: pg.Client): Promise<string[]> {
  const problems: string[] = [];
  for (const rule of CATALOGUE_RULES) {
    for (const name of await findOffenders(client, rule)) problems.push(`${name} ${rule.message}`);
  }
  return problems;
}

/** Names what breaks one rule. */
export async function findOffenders(client: pg.Client, { query }: CatalogueRule): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(query);
  return rows.map(({ name }) => name).sort();
}
