/** What the Data API answered. */
export interface Answer {
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string; readonly details?: string | null } | null;
  readonly data: unknown;
  readonly count: number | null;
}

const REFUSED_STATUSES = [401, 403, 404];
/**
 * A table, column or function that is not there, or not under that name: nobody is kept out by that. PostgREST says it with
 * no code at all for a table that it has not heard of yet.
 */
const UNKNOWN = /^(PGRST2|42P01$|42703$|42883$)/;

/** Whether it was refused for who the caller is: by a grant, a policy, a check of the caller, or as if nothing were there. */
export function isRefusal({ status, error }: Answer): boolean {
  if (!error?.code || UNKNOWN.test(error.code)) return false;
  return error.code === '42501' || REFUSED_STATUSES.includes(status);
}

/** Judges what should have been refused: undefined if it was. `affected` are the rows that it read or changed. */
export function judgeRefusal(answer: Answer, affected: number): string | undefined {
  if (isRefusal(answer)) return undefined;
  if (answer.error) return `inconclusive: it failed, but with ${describe(answer)}; nothing says who may do it`;
  return affected === 0 ? undefined : `must be refused, and was not (${affected} rows)`;
}

/** Judges what should have been allowed: undefined if it was, with at least one row. */
export function judgeSuccess(answer: Answer, affected: number): string | undefined {
  if (answer.error) return `must be allowed, and failed with ${describe(answer)}`;
  return affected > 0 ? undefined : 'must be allowed, and found no row';
}

export function describe({ status, error }: Answer): string {
  return `${error?.code || 'no code'} (HTTP ${status}): ${error?.message}`;
}
