import { afterAll, beforeAll, expect, it } from 'vitest';
import { runChaosRound } from '../chaos/chaos-round.ts';
import { ChaosWorld } from '../chaos/chaos-world.ts';
import { madeUpDay, storeDay } from '../chaos/made-up-day.ts';
import { prepareWorld } from '../chaos/prepare-world.ts';

/** One short round of what `npm run chaos` does for longer: each kind of fault once. */
let world: ChaosWorld;
const days = ['CHAOSA', 'CHAOSB'].map((symbol, n) => madeUpDay(symbol, n + 1, 240));

beforeAll(async () => {
  world = await ChaosWorld.start();
  await world.withPostgres(async (postgres) => {
    await prepareWorld(postgres);
    for (const day of days) await storeDay(postgres, day);
  });
});

afterAll(() => world?.stop(), 60_000);

it('loses nothing, does nothing twice and leaves nothing behind, whatever is killed and cut', async () => {
  const lines: string[] = [];
  const options = { seed: 11, faults: 9, bars_per_s: 40, days, log: (line: string) => void lines.push(line) };
  const { broken, fills, happened } = await runChaosRound(world, options);
  expect(broken, lines.join('\n')).toEqual([]);
  expect(fills).toBeGreaterThan(10);
  // That it was put to the test.
  expect(Object.keys(happened)).toEqual(
    expect.arrayContaining(['kill_runner', 'kill_postgres', 'kill_realtime', 'cut_network']),
  );
}, 300_000);
