import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checksummedLine, readChecksummedLines } from './checksummed-lines.ts';

/**
 * When what was appended is safe: `always` waits for the disk, so that it outlives a lost current; `never` leaves it to the operating system,
 * so that it outlives only the end of the process, even by kill -9.
 */
export type SyncPolicy = 'always' | 'never';

/** What is to be done with the file, in the order it was asked for. */
interface Step {
  readonly kind: 'append' | 'replace';
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A file of checksummed lines that only grows, or is replaced as a whole. Appends that come while another is being written
 * go out together, with one sync. Only its owner reads it (mode 0600).
 *
 * Once something could not be written, nothing more is until the file is opened anew: a full disk leaves half a line behind,
 * and what followed it would be cut off with it.
 */
export class AppendFile {
  readonly #path: string;
  readonly #sync: SyncPolicy;
  #handle: FileHandle;
  #waiting: Step[] = [];
  #writing: Promise<void> | undefined;
  #bytes: number;
  #failure: { readonly error: unknown } | undefined;

  private constructor(path: string, sync: SyncPolicy, handle: FileHandle, bytes: number) {
    this.#path = path;
    this.#sync = sync;
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /** Opens or makes the file, cuts off what a crash left of its last line, and returns the values of the others. */
  static async open(path: string, sync: SyncPolicy): Promise<{ file: AppendFile; values: unknown[] }> {
    const handle = await open(path, 'a+', 0o600);
    const { values, intactBytes } = readChecksummedLines(await handle.readFile());
    await handle.truncate(intactBytes);
    if (sync === 'always') await syncDir(dirname(path));
    return { file: new AppendFile(path, sync, handle, intactBytes), values };
  }

  /** Of the file, with what is being written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends a line per value. Resolves once they are safe. */
  append(values: readonly unknown[]): Promise<void> {
    return this.#step('append', values);
  }

  /** Replaces all lines, those still being appended too: a crash leaves either the old ones or the new ones. */
  replace(values: readonly unknown[]): Promise<void> {
    return this.#step('replace', values);
  }

  #step(kind: Step['kind'], values: readonly unknown[]): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.error);
    const text = values.map(checksummedLine).join('');
    const size = Buffer.byteLength(text);
    this.#bytes = kind === 'replace' ? size : this.#bytes + size;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ kind, text, resolve, reject });
      this.#writing ??= this.#writeWaiting();
    });
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        if (this.#failure) throw this.#failure.error;
        const text = group.map((step) => step.text).join('');
        await (group[0]?.kind === 'replace' ? this.#rewrite(text) : this.#write(text));
        for (const { resolve } of group) resolve();
      } catch (error) {
        this.#failure ??= { error };
        for (const { reject } of group) reject(error);
      }
    }
    // At once, not when the promise is settled: a step that came in between would wait for ever.
    this.#writing = undefined;
  }

  /** A replacement alone, or all appends before the next one. */
  #takeGroup(): Step[] {
    const next = this.#waiting.findIndex(({ kind }) => kind === 'replace');
    if (next < 0) return this.#waiting.splice(0);
    return this.#waiting.splice(0, Math.max(next, 1));
  }

  async #write(text: string): Promise<void> {
    await this.#handle.appendFile(text);
    if (this.#sync === 'always') await this.#handle.datasync();
  }

  async #rewrite(text: string): Promise<void> {
    const path = `${this.#path}.next`;
    const next = await open(path, 'w', 0o600);
    try {
      await next.writeFile(text);
      if (this.#sync === 'always') await next.datasync();
    } finally {
      await next.close();
    }
    await rename(path, this.#path);
    if (this.#sync === 'always') await syncDir(dirname(this.#path));
    await this.#handle.close();
    this.#handle = await open(this.#path, 'a', 0o600);
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }
}

/** Makes the names in a folder safe: a file that was renamed is else found under its old name after a lost current. */
async function syncDir(path: string): Promise<void> {
  // Windows cannot open folders, and keeps their names by itself.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
