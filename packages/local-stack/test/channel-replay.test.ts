import { expect, test } from 'vitest';
import { ChannelReplay } from '../src/realtime/channel-replay.ts';
import type { StoredMessage } from '../src/realtime/stored-message.ts';

function stored(id: string): StoredMessage {
  const payload = { encoding: 'json' as const, json: '{}' };
  return { topic: 'news', isPrivate: true, broadcast: { id, event: 'step', payload }, id, insertedAt: 0 };
}

/** What a client gets, in its order: the live ones come while the missed are read. */
function order({ live, missed }: { live: string[]; missed: string[] }): string[] {
  const replay = new ChannelReplay();
  for (const id of live) if (replay.takes(id)) replay.holds({ wire: Buffer.from(id) });
  const { before, after } = replay.replays(missed.map(stored));
  const held = replay.release().map(({ wire }) => String(wire));
  // All of them come once more, live.
  const late = missed.filter((id) => replay.takes(id) && !held.includes(id));
  return [...before.map(({ id }) => String(id)), ...held, ...after.map(({ id }) => String(id)), ...late];
}

test('what came while the missed was read keeps its place among it, wherever the reading ended', () => {
  expect(order({ live: [], missed: ['1', '2', '3'] })).toEqual(['1', '2', '3']);
  expect(order({ live: ['3', '4'], missed: ['1', '2', '3'] })).toEqual(['1', '2', '3', '4']);
  expect(order({ live: ['3', '4'], missed: ['1', '2'] })).toEqual(['1', '2', '3', '4']);
  expect(order({ live: ['2', '3'], missed: ['1', '2', '3', '4'] })).toEqual(['1', '2', '3', '4']);
});
