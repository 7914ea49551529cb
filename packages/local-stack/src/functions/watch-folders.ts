import { existsSync, watch } from 'node:fs';

/** Editors write in bursts: one change is what happens within this time. */
const DEBOUNCE_MS = 60;
const SOURCE = /(\.(tsx?|jsx?|mjs|json|wasm)|(^|\/)\.env)$/;

/** Calls `onChange` once for each burst of changes to source files below the folders. Returns how to stop. */
export function watchFolders(folders: readonly string[], onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watchers = folders.filter(existsSync).map((folder) =>
    watch(folder, { recursive: true }, (_event, file) => {
      if (file !== null && !SOURCE.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(onChange, DEBOUNCE_MS);
    }),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
