import type { Run } from '../sdk/run.ts';
import type { Item } from './ledger-items.ts';
import { isOpenStatus, type RunLedger } from './run-ledger.ts';

/** Reports that may wait for the server: a replay is faster than any server, and what it is ahead by is reckoned again after a crash. */
const MOST_AHEAD_BYTES = 1_000_000;

/**
 * Reports of a run that is reckoned bar by bar. While it is reckoned again, only what the ledger does not have is reported.
 * Nobody waits for the disk at each bar: what a crash takes is reckoned again.
 */
export class RunReporter {
  readonly #run: Run;
  readonly #onReport: (items: readonly Item[]) => void;
  /** What the ledger knew when the run began to be reckoned again; undefined once that is done. */
  #ledger: RunLedger | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param onReport told of what is reported */
  constructor(run: Run, onReport: (items: readonly Item[]) => void) {
    this.#run = run;
    this.#onReport = onReport;
  }

  /** From here on only what this does not have is reported; undefined ends that. */
  leaveOut(ledger: RunLedger | undefined): void {
    this.#ledger = ledger;
  }

  /**
   * Reports what happened at a time of the market.
   *
   * @param isKnownByTime whether the ledger, where it has come to this time, has all of it
   */
  async report(items: readonly Item[], at_ms: number, isKnownByTime = true): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    const ledger = this.#ledger;
    if (ledger && isKnownByTime && at_ms <= ledger.last_bar_at_ms) return;
    const unknown = ledger ? items.filter((item) => isUnknown(item, ledger)) : items;
    if (unknown.length === 0) return;
    this.#onReport(unknown);
    this.#run.report(...unknown).catch((error: unknown) => {
      this.#failure ??= { error };
    });
    if (this.#run.spooledBytes > MOST_AHEAD_BYTES) await this.#run.flush();
  }
}

/** Of what may be in the ledger only orders and fills can be told; the rest is said again with the bar. */
function isUnknown(item: Item, ledger: RunLedger): boolean {
  if (item.kind === 'fill') return !ledger.fills.has(item.external_id);
  if (item.kind !== 'order') return false;
  const status = ledger.orders.get(item.client_order_id)?.status;
  return status === undefined || isOpenStatus(status);
}
