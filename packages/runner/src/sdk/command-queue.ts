/**
 * Puts the commands of a session into their order, however often and in whatever order they arrive. Numbers have no gaps, so
 * a command is due once all before it are done; or, where some never come because they have expired, once the server has
 * listed all that are still open.
 */
export class CommandQueue<Command extends { readonly seq: number }> {
  readonly #waiting = new Map<number, Command>();
  /** All up to here are done. */
  #doneThrough: number;
  /** Of those up to here, all that are open are known. */
  #completeThrough = 0;

  /** @param doneThrough highest number that is done already */
  constructor(doneThrough: number) {
    this.#doneThrough = doneThrough;
  }

  /** Takes commands, some of them perhaps known. */
  add(commands: readonly Command[]): void {
    for (const command of commands) this.#waiting.set(command.seq, command);
  }

  /** Takes all commands that were open when the server was asked, lowest numbers first; it may leave out higher ones. */
  addAllOpen(commands: readonly Command[]): void {
    this.add(commands);
    this.#completeThrough = Math.max(this.#completeThrough, ...commands.map(({ seq }) => seq));
  }

  /** The command that is to be done now; undefined where there is none, or one before it is missing. */
  due(): Command | undefined {
    const first = this.#first();
    if (first === undefined) return undefined;
    return first.seq <= Math.max(this.#doneThrough + 1, this.#completeThrough) ? first : undefined;
  }

  /** Whether a command waits for one before it that has not come. */
  get hasGap(): boolean {
    return this.#waiting.size > 0 && this.due() === undefined;
  }

  /** A command is done. */
  settle(seq: number): void {
    this.#waiting.delete(seq);
    this.#doneThrough = Math.max(this.#doneThrough, seq);
  }

  #first(): Command | undefined {
    let first: Command | undefined;
    for (const command of this.#waiting.values()) if (!first || command.seq < first.seq) first = command;
    return first;
  }
}
