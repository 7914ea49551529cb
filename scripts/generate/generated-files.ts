import { join } from 'node:path';
import { withDatabase } from '../command-line/with-database.ts';
import { dumpSchema } from './dump-schema.ts';
import { generateKernels } from './generate-kernels.ts';
import { generateParser } from './generate-parser.ts';
import { generateTypes } from './generate-types.ts';
import { sampleCandlesCsv } from './sample-candles.ts';
import { REGISTRY_FILE, strategyRegistry } from './strategy-registry.ts';

/** A checked-in file that is made from something else in the repository. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Makes every generated file, most from a migrated database, without writing it. */
export async function makeGeneratedFiles(databaseUrl: string): Promise<GeneratedFile[]> {
  const root = join(import.meta.dirname, '..', '..');
  const builtIn = join(root, 'packages', 'engine', 'src', 'strategies', 'built-in');
  // Alone: the compiler keeps this thread for seconds, in which a connection would time out.
  const kernels = await generateKernels(root);
  const [types, schema] = await Promise.all([
    generateTypes(databaseUrl),
    withDatabase(databaseUrl, 'tradebase-generate', dumpSchema),
  ]);
  return [
    { path: join(root, 'packages', 'client', 'src', 'database.types.ts'), content: types },
    { path: join(root, 'scripts', 'generate', 'schema.sql'), content: schema },
    { path: join(root, 'packages', 'engine', 'src', 'compiled', 'kernels.generated.ts'), content: kernels },
    {
      path: join(root, 'packages', 'engine', 'src', 'expressions', 'grammar.generated.js'),
      content: generateParser(root),
    },
    { path: join(root, 'scripts', 'samples', 'SYNTHETIC_1d.csv'), content: sampleCandlesCsv() },
    { path: join(builtIn, REGISTRY_FILE), content: strategyRegistry(builtIn) },
  ];
}
