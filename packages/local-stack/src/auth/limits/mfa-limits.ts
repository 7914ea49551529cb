import { AttemptWindow } from './attempt-window.ts';

/** Hosted Auth's rate of MFA requests. */
const PER_MINUTE = 15;
const MINUTE_MS = 60_000;

/** What one user may do with all their factors together: more factors must not mean more guesses. */
export interface MfaLimits {
  readonly challenges: AttemptWindow;
  /** Codes that were not accepted. */
  readonly codes: AttemptWindow;
}

export function createMfaLimits(): MfaLimits {
  return {
    challenges: new AttemptWindow(PER_MINUTE, MINUTE_MS),
    codes: new AttemptWindow(PER_MINUTE, MINUTE_MS),
  };
}
