import type { StudyStanding, StudyStore, TrialRecord } from '../../src/studies/study.ts';

/** Trials in memory. Postgres has its own test, with the job. */
export class MemoryStudyStore implements StudyStore {
  readonly rows = new Map<number, TrialRecord>();
  readonly standings: StudyStanding[] = [];
  /** Trials that were made and deleted since. */
  deleted = 0;
  /** What the store answers: false once the study was cancelled. */
  isOurs = true;
  /** Called before each write. */
  onWrite: () => void | Promise<void> = () => {};

  async loadTrials(): Promise<readonly TrialRecord[]> {
    return [...this.rows.values()].sort((one, other) => one.number - other.number);
  }

  async recordTrials(trials: readonly TrialRecord[], standing: StudyStanding): Promise<boolean> {
    await this.onWrite();
    if (!this.isOurs) return false;
    for (const trial of trials) if (!this.rows.has(trial.number)) this.rows.set(trial.number, trial);
    this.standings.push(standing);
    return true;
  }

  async countTrials(): Promise<number> {
    return this.rows.size + this.deleted;
  }
}
