/** Thrown through a study that was told to stop, or is no longer this worker's. */
export class StudyStopped extends Error {
  override readonly name = 'StudyStopped';
}
