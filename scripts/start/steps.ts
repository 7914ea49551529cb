/** Shows the steps of a long command on standard error, each with its time, and remembers the times. */
export class Steps {
  readonly timings_ms: Record<string, number> = {};
  #name: string | undefined;
  #startedAt = 0;
  #tty = process.stderr.isTTY === true;

  /** Ends the step before, if any, and begins the next. */
  begin(name: string): void {
    this.end();
    this.#name = name;
    this.#startedAt = performance.now();
    if (this.#tty) process.stderr.write(`  ${name} ...`);
  }

  /** Says how far the step has come; where standard error is no terminal, only its end is shown. */
  progress(text: string): void {
    if (!this.#tty || !this.#name) return;
    // A line that is longer than the terminal is wide could not be taken back.
    const line = `  ${this.#name}: ${text}`.slice(0, Math.max(20, process.stderr.columns - 1));
    process.stderr.write(`\r\x1b[K${line}`);
  }

  /** Ends the step in hand, with a remark. */
  end(remark = ''): void {
    if (!this.#name) return;
    const ms = performance.now() - this.#startedAt;
    this.timings_ms[this.#name] = Math.round(ms * 10) / 10;
    const time = ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
    process.stderr.write(`${this.#tty ? '\r\x1b[K' : ''}✓ ${this.#name.padEnd(12)}${time.padStart(8)}  ${remark}\n`);
    this.#name = undefined;
  }
}
