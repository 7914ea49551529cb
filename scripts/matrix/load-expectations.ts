import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DomainExpectation, FunctionExpectations, TableExpectation, TopicExpectations } from './expectation.ts';

const FOLDER = join(import.meta.dirname, 'expectations');

/** All that is expected, of every domain. */
export interface Expectations {
  readonly tables: ReadonlyMap<string, TableExpectation>;
  readonly functions: FunctionExpectations;
  readonly topics: TopicExpectations;
}

/** Reads scripts/matrix/expectations: functions.ts, topics.ts, and one file for the tables of each domain. */
export async function loadExpectations(): Promise<Expectations> {
  const tables = new Map<string, TableExpectation>();
  let functions: FunctionExpectations = {};
  let topics: TopicExpectations = {};
  for (const file of readdirSync(FOLDER).sort()) {
    const exported = await onlyExport(file);
    if (file === 'functions.ts') functions = exported as FunctionExpectations;
    else if (file === 'topics.ts') topics = exported as TopicExpectations;
    else addDomain(tables, file, exported as DomainExpectation);
  }
  return { tables, functions, topics };
}

async function onlyExport(file: string): Promise<unknown> {
  const exported: unknown[] = Object.values(await import(pathToFileURL(join(FOLDER, file)).href));
  if (exported.length !== 1) throw new Error(`${file} must export one value: the expectation`);
  return exported[0];
}

function addDomain(tables: Map<string, TableExpectation>, file: string, domain: DomainExpectation): void {
  for (const [table, expectation] of Object.entries(domain)) {
    if (tables.has(table)) throw new Error(`${file}: there is another expectation for ${table} already`);
    tables.set(table, expectation);
  }
}
