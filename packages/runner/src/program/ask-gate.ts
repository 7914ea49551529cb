import type { Run } from '../sdk/run.ts';
import { namesOf, type Opening } from './opening.ts';

/** Why an order may not be placed. */
export interface Refusal {
  readonly reason: string;
  /** Legs that were let through, beside one that was not: they are given back. */
  readonly admitted: readonly string[];
}

/**
 * Asks the risk gate for orders, all at once. Returns refusals by the ids of the session; what is not among them was let
 * through.
 *
 * @param hold gives the question up, as long as it was not put to the server: then all are refused
 */
export async function askGate(
  run: Run,
  openings: readonly Opening[],
  hold: AbortSignal,
): Promise<ReadonlyMap<string, Refusal>> {
  const refusals = new Map<string, Refusal>();
  for (const { id, problem } of openings) if (problem !== null) refusals.set(id, { reason: problem, admitted: [] });
  const wanted = openings.filter(({ problem }) => problem === null);
  if (wanted.length === 0) return refusals;
  try {
    const intents = wanted.flatMap((opening) => opening.intents);
    const decisions = new Map(
      (await run.submit(intents, hold)).map((decision) => [decision.client_order_id, decision]),
    );
    for (const opening of wanted) {
      const names = namesOf(opening);
      const refused = names.map((name) => decisions.get(name)).find((decision) => decision?.accepted !== true);
      if (names.length === 0 || refused) {
        const reason = refused?.message ?? refused?.code ?? 'refused';
        refusals.set(opening.id, { reason, admitted: names.filter((name) => decisions.get(name)?.accepted) });
      }
    }
  } catch (error) {
    if (!hold.aborted || run.signal.aborted) throw error;
    for (const { id } of wanted) refusals.set(id, { reason: 'the run is being held or stopped', admitted: [] });
  }
  return refusals;
}
