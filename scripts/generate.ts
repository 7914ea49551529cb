import { writeFileSync } from 'node:fs';
import { startTestServer } from '@tradebase/local-stack/testing';
import { makeGeneratedFiles } from './generate/generated-files.ts';

const HELP = `Writes what is generated: from the migrations the client's database types and the schema dump; the
engine's kernels and the parser of expressions from their sources; the sample candles; and the list of the built-in strategies.

Usage: npm run generate
`;

if (process.argv.slice(2).length > 0) {
  process.stdout.write(HELP);
  process.exitCode = process.argv.slice(2).every((argument) => argument === '--help' || argument === '-h') ? 0 : 2;
} else {
  const server = await startTestServer();
  try {
    for (const { path, content } of await makeGeneratedFiles(server.templateUrl)) {
      writeFileSync(path, content);
      process.stdout.write(`wrote ${path}\n`);
    }
  } finally {
    await server.stop();
  }
}
