export interface Throttled {
  /** Asks for a call: at once where none was lately, else at the end of the interval. */
  ask(): void;
  /** No call comes any more. */
  cancel(): void;
}

/** Calls something at most once in an interval, however often it is asked for, and always once after the last asking. */
export function throttle(call: () => void, interval_ms: number): Throttled {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsked = false;
  let isCancelled = false;
  const run = () => {
    isAsked = false;
    if (interval_ms > 0) timer = setTimeout(end, interval_ms);
    call();
  };
  const end = () => {
    timer = undefined;
    if (isAsked) run();
  };
  return {
    ask: () => {
      if (isCancelled) return;
      if (timer === undefined) run();
      else isAsked = true;
    },
    cancel: () => {
      isCancelled = true;
      clearTimeout(timer);
    },
  };
}
