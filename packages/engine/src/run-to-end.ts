/** What a generator returns, once it has made all its steps; each is told to `onStep`. */
export function runToEnd<Step, Result>(steps: Generator<Step, Result, void>, onStep?: (step: Step) => void): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    onStep?.(step.value);
  }
}
