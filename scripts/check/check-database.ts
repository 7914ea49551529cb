import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { runCli } from '@tradebase/local-stack';
import { startTestServer } from '@tradebase/local-stack/testing';
import { withDatabase } from '../command-line/with-database.ts';
import { makeGeneratedFiles } from '../generate/generated-files.ts';
import { findCatalogueProblems } from './check-catalogue.ts';

interface Finding {
  readonly name: string;
  readonly level: string;
  readonly detail: string;
}

/** Says of a database that nobody has used only that nobody has used it. */
const MEANINGLESS_WHEN_EMPTY = 'unused_index';

/**
 * Applies all migrations to a fresh database, then compares what is generated from it with what is checked in, and asks
 * the catalogue about the rules of the house and Supabase's advisors. Rejects with every difference and finding.
 */
export async function checkDatabase(root: string): Promise<void> {
  const server = await startTestServer();
  try {
    const problems: string[] = [];
    for (const { path, content } of await makeGeneratedFiles(server.templateUrl)) {
      if (!existsSync(path) || readFileSync(path, 'utf8') !== content) {
        problems.push(`${relative(root, path)} is not what is generated: run "npm run generate"`);
      }
    }
    problems.push(...(await withDatabase(server.templateUrl, 'tradebase-check', findCatalogueProblems)));
    problems.push(...(await findAdvice(server.templateUrl)));
    if (problems.length > 0) throw new Error(problems.join('\n'));
  } finally {
    await server.stop();
  }
}

async function findAdvice(databaseUrl: string): Promise<string[]> {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  url.password = '';
  const output = await runCli(
    ['db', 'advisors', '--level', 'info', '--fail-on', 'none', '--output-format', 'json', `--remote=${url.href}`],
    { PGPASSWORD: password },
  );
  const { results } = JSON.parse(output) as { results: Finding[] };
  return results
    .filter(({ name }) => name !== MEANINGLESS_WHEN_EMPTY)
    .map(({ name, level, detail }) => `advisor, ${level}: ${name}: ${detail}`);
}
