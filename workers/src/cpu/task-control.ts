const STOP = 0;
const PROGRESS = 1;
const PROGRESS_SCALE = 1_000_000;

/** Two numbers shared by a thread and the one that started its task: please stop, and how far it has come. */
export class TaskControl {
  readonly shared: Int32Array<SharedArrayBuffer>;

  constructor(shared = new Int32Array(new SharedArrayBuffer(8))) {
    this.shared = shared;
  }

  stop(): void {
    Atomics.store(this.shared, STOP, 1);
  }

  get stopped(): boolean {
    return Atomics.load(this.shared, STOP) === 1;
  }

  /** Share of the work done, 0 to 1. */
  get progress(): number {
    return Atomics.load(this.shared, PROGRESS) / PROGRESS_SCALE;
  }

  set progress(share: number) {
    Atomics.store(this.shared, PROGRESS, Math.round(share * PROGRESS_SCALE));
  }
}
