/** Shows the steps of a long command on standard error, each with its time, and remembers the times. */
export class Steps {
  readonly timings_ms: Record<string, number> = {};
  #name: string | undefined;
  #startedAt = 0;
  #tty = process.stderr.isTTY === true;

  /** Lines of the terminal that the step has taken. */
  #lines = 0;

  /** Ends the step before, if any, and begins the next. */
  begin(name: string): void {
    this.end();
    this.#name = name;
    this.#startedAt = performance.now();
    if (this.#tty) this.#draw([`  ${name} ...`]);
  }

  /** Says how far the step has come; where standard error is no terminal, only its end is shown. */
  progress(text: string): void {
    if (!this.#tty || !this.#name) return;
    // A line that is longer than the terminal is wide could not be taken back.
    this.#draw([`  ${this.#name}: ${text}`.slice(0, Math.max(20, process.stderr.columns - 1))]);
  }

  /** The same with several lines, where the terminal has room for them; else with the first one. */
  show(draw: (columns: number) => string[]): void {
    if (!this.#tty || !this.#name) return;
    const { columns, rows } = process.stderr;
    const lines = draw(Math.max(20, columns - 1));
    this.#draw(lines.length < rows ? lines : lines.slice(0, 1));
  }

  /** Ends the step in hand, with a remark. */
  end(remark = ''): void {
    if (!this.#name) return;
    const ms = performance.now() - this.#startedAt;
    this.timings_ms[this.#name] = Math.round(ms * 10) / 10;
    const time = ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
    const line = `✓ ${this.#name.padEnd(12)}${time.padStart(8)}  ${remark}`;
    if (this.#tty) this.#draw([line]);
    else process.stderr.write(line);
    process.stderr.write('\n');
    this.#lines = 0;
    this.#name = undefined;
  }

  /** Writes over what the step has written before. */
  #draw(lines: readonly string[]): void {
    const up = this.#lines > 1 ? `\x1b[${this.#lines - 1}A` : '';
    process.stderr.write(`\r${up}${lines.map((line) => `${line}\x1b[K`).join('\n')}\x1b[J`);
    this.#lines = lines.length;
  }
}
