import { expect, test } from 'vitest';
import { Restarter } from '../src/process/restarter.ts';

test('a part that fails to start is started again, later each time, until it runs', async () => {
  const failures: string[] = [];
  const restarter = new Restarter({
    signal: new AbortController().signal,
    onFailure: (reason) => failures.push(reason),
  });
  const attempts: number[] = [performance.now()];
  const started = await restarter.restart(async () => {
    attempts.push(performance.now());
    if (attempts.length <= 3) throw new Error(`attempt ${attempts.length - 1}`);
    return 'running';
  });
  expect(started).toBe('running');
  expect(failures).toEqual(['attempt 1', 'attempt 2']);
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  // Timers may fire a millisecond early, never more.
  for (const [index, pause] of pauses.entries()) expect(pause).toBeGreaterThan(99 * 2 ** index - 1);
});

test('a part that dies right after each start is not started in a tight loop', async () => {
  const restarter = new Restarter({ signal: new AbortController().signal, onFailure: () => {} });
  const begin = performance.now();
  for (let i = 0; i < 3; i += 1) await restarter.restart(async () => 'running');
  expect(performance.now() - begin).toBeGreaterThan(690);
});

test('the attempts end when the stack is stopped, without a word about the last one', async () => {
  const stop = new AbortController();
  const failures: string[] = [];
  const restarter = new Restarter({ signal: stop.signal, onFailure: (reason) => failures.push(reason) });
  const started = await restarter.restart(async () => {
    stop.abort();
    throw new Error('cut short');
  });
  expect([started, failures]).toEqual([undefined, []]);
  expect(await restarter.restart(async () => 'running')).toBeUndefined();
});
