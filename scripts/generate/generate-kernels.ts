import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const HEADER = `// Generated from packages/engine/assembly by "npm run generate": do not edit.
`;

/** No runtime and no imports: the module allocates nothing and calls nobody. SIMD is in every engine since 2023. */
const FLAGS = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '1'];

/**
 * Compiles the engine's kernels to a module of WebAssembly inside a TypeScript file, so that it loads wherever the engine
 * does. Equal sources give equal bytes.
 *
 * @throws Error with the compiler's messages: it is also what checks the types of these sources
 */
export async function generateKernels(root: string): Promise<string> {
  const folder = join(root, 'packages', 'engine', 'assembly');
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(['kernels.ts', '--baseDir', folder, '--outFile', 'kernels.wasm', ...FLAGS], {
    readFile: (name, baseDir) => {
      try {
        return readFileSync(join(baseDir, name), 'utf8');
      } catch {
        return null; // The compiler asks for a name in several places.
      }
    },
    writeFile: (_name, contents) => {
      if (contents instanceof Uint8Array) binary = contents;
    },
    listFiles: () => [],
  });
  if (error || binary === undefined) throw new Error(`the kernels do not compile: ${error?.message}\n${stderr}`);
  return `${HEADER}export const KERNELS_BASE64 =\n  '${Buffer.from(binary).toString('base64')}';\n`;
}
