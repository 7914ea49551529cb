import type { ParameterValues } from '@tradebase/contracts';
import { EngineError } from '@tradebase/engine';
import type { StudyStore, TrialRecord } from './study.ts';
import { StudyStopped } from './study-stopped.ts';

/** How often trials are written at most. */
const WRITE_INTERVAL_MS = 500;
/** Trials of one write. */
const MAX_BATCH = 5000;

/**
 * The trials of a study in this run of it: hands out their numbers, knows those that an earlier run recorded, and writes
 * new ones behind the back of those who compute, at most every half second.
 */
export class TrialLedger {
  /** Share of the study that is done, and trials that it comes to: written along with trials. */
  progress = 0;
  planned_trials = 0;
  best_trial: number | null = null;
  completed = 0;
  failed = 0;
  readonly #store: StudyStore;
  readonly #recorded: ReadonlyMap<number, TrialRecord>;
  /** Called once, when the study turns out to be no longer this worker's. */
  readonly #onLost: () => void;
  #numbers = 0;
  #unwritten: TrialRecord[] = [];
  #writing: Promise<void> = Promise.resolve();
  #busy = false;
  #timer: NodeJS.Timeout | null = null;
  #writtenAt = performance.now();
  #lost = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(store: StudyStore, recorded: readonly TrialRecord[], onLost: () => void) {
    this.#store = store;
    this.#recorded = new Map(recorded.map((trial) => [trial.number, trial]));
    this.#onLost = onLost;
  }

  static async open(store: StudyStore, onLost: () => void): Promise<TrialLedger> {
    return new TrialLedger(store, await store.loadTrials(), onLost);
  }

  /**
   * The number of the next trial, and the trial itself where it was recorded before.
   *
   * @throws EngineError `invalid_study` where the recorded trial had other parameters: it is another study's
   */
  next(params: ParameterValues): { readonly number: number; readonly recorded: TrialRecord | null } {
    this.#numbers += 1;
    const recorded = this.#recorded.get(this.#numbers) ?? null;
    if (recorded !== null && !sameParams(recorded.params, params)) {
      throw new EngineError(
        'invalid_study',
        `trial ${recorded.number} was made with other parameters than this search has: the engine or the study changed; make a new study`,
      );
    }
    if (recorded !== null) this.#count(recorded);
    return { number: this.#numbers, recorded };
  }

  /** Keeps a finished trial, to be written within half a second. */
  add(trial: TrialRecord): void {
    this.#count(trial);
    this.#unwritten.push(trial);
    this.#writeSoon();
  }

  /** Resolves when writes are not falling behind. Throws what a write threw. */
  async settle(): Promise<void> {
    if (this.#unwritten.length >= MAX_BATCH || this.#failure !== null) await this.#writing;
    this.#check();
  }

  /** Writes all that is left. */
  async flush(): Promise<void> {
    await this.#writing;
    this.#check();
    while (this.#unwritten.length > 0) {
      this.#write();
      await this.#writing;
      this.#check();
    }
  }

  /** Writes nothing more. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#unwritten = [];
  }

  #count(trial: TrialRecord): void {
    if (trial.status === 'failed') this.failed += 1;
    else this.completed += 1;
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#lost) throw new StudyStopped();
  }

  #writeSoon(): void {
    if (this.#timer !== null || this.#busy || this.#failure !== null) return;
    const wait = WRITE_INTERVAL_MS - (performance.now() - this.#writtenAt);
    if (wait <= 0) this.#write();
    else this.#timer = setTimeout(() => this.#write(), wait);
  }

  #write(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#unwritten.splice(0, MAX_BATCH);
    this.#busy = true;
    this.#writing = this.#send(batch).catch((error: unknown) => {
      this.#failure = { error };
    });
  }

  async #send(batch: readonly TrialRecord[]): Promise<void> {
    const { progress, best_trial, planned_trials } = this;
    const ours = await this.#store.recordTrials(batch, { progress, best_trial, planned_trials });
    this.#busy = false;
    this.#writtenAt = performance.now();
    if (ours && this.#unwritten.length > 0) this.#writeSoon();
    if (ours || this.#lost) return;
    this.#lost = true;
    this.#onLost();
  }
}

function sameParams(one: ParameterValues, other: ParameterValues): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
