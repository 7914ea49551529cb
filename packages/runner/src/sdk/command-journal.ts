import { join } from 'node:path';
import { z } from 'zod';
import { AppendFile, type SyncPolicy } from './append-file.ts';

const CommandError = z.strictObject({ code: z.string(), message: z.string() });
export type CommandError = z.infer<typeof CommandError>;

const Entry = z.object({ seq: z.int(), error: CommandError.nullable() });
type Entry = z.infer<typeof Entry>;

/** Entries kept. A session has far fewer commands open than this, so older ones are not delivered again. */
const KEPT_ENTRIES = 2000;

/** On disk, which commands of a session have been carried out, and how: so that none is carried out twice. */
export class CommandJournal {
  readonly #file: AppendFile;
  readonly #entries = new Map<number, Entry>();

  private constructor(file: AppendFile) {
    this.#file = file;
  }

  static async open(dir: string, sync: SyncPolicy): Promise<CommandJournal> {
    const { file, values } = await AppendFile.open(join(dir, 'commands.log'), sync);
    const journal = new CommandJournal(file);
    for (const value of values) {
      const entry = Entry.parse(value);
      journal.#entries.set(entry.seq, entry);
    }
    return journal;
  }

  /** How a command ended; undefined where it has not been carried out. */
  outcomeOf(seq: number): { error: CommandError | null } | undefined {
    return this.#entries.get(seq);
  }

  /** Highest number of those carried out, 0 for none. */
  get lastSeq(): number {
    return Math.max(0, ...this.#entries.keys());
  }

  /** Resolves once it is safe: only then may the command be acknowledged. */
  async record(seq: number, error: CommandError | null): Promise<void> {
    const entry = { seq, error };
    await this.#file.append([entry]);
    this.#entries.set(seq, entry);
    if (this.#entries.size >= 2 * KEPT_ENTRIES) {
      const kept = [...this.#entries.values()].sort((a, b) => a.seq - b.seq).slice(-KEPT_ENTRIES);
      await this.#file.replace(kept);
      this.#entries.clear();
      for (const each of kept) this.#entries.set(each.seq, each);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
