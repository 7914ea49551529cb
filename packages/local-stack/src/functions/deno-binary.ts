import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Path of the Deno that npm installed. Its own launcher would put a second Node process in between. */
export function denoBinary(): string {
  const { runInstall }: { runInstall: () => string } = require('deno/install_api.cjs');
  return runInstall();
}
