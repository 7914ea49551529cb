import { type Figure, percentile } from '../figure.ts';
import { clockMs } from './clock.ts';
import { beat, type Fleet, type FleetRunner } from './fleet.ts';

const WARM_UP = 5;

/**
 * From the owner's call of pause_bot or resume_bot to the command at the runner: by Realtime, and by heartbeats alone, of which
 * the figure is the one that brings it; on top of it comes the wait for that heartbeat, ten seconds at most by default.
 */
export async function benchCommands(fleet: Fleet, commands: number): Promise<Figure[]> {
  const [runner] = fleet.runners;
  if (!runner) throw new Error('the fleet has no runner');
  const command = newCommander(fleet, runner);
  const byHeartbeat = await measureHeartbeats(command, runner, commands);
  const { sinceCall, sinceAnswer } = await measureEvents(command, runner, commands);
  return [
    ...describe('live.command_to_runner', sinceCall),
    ...describe('live.command_answered_to_runner', sinceAnswer),
    ...describe('live.command_by_heartbeat', byHeartbeat),
  ];
}

async function measureEvents(command: Commander, runner: FleetRunner, commands: number) {
  const { client } = runner;
  let heard = Promise.withResolvers<number>();
  await client.realtime.setAuth();
  const channel = client.channel(`runner:${runner.sessionId}`, { config: { private: true } });
  channel.on('broadcast', { event: '*' }, () => heard.resolve(clockMs()));
  await new Promise<void>((resolve, reject) =>
    channel.subscribe((status, error) => (status === 'SUBSCRIBED' ? resolve() : reject(error ?? new Error(status)))),
  );
  const sinceCall: number[] = [];
  const sinceAnswer: number[] = [];
  for (let n = -WARM_UP; n < commands; n += 1) {
    heard = Promise.withResolvers();
    const calledAt = clockMs();
    const seq = await command();
    const answeredAt = clockMs();
    const heardAt = await heard.promise;
    await acknowledge(runner, seq);
    if (n < 0) continue;
    sinceCall.push(heardAt - calledAt);
    // Realtime may be faster than the answer to the call.
    sinceAnswer.push(Math.max(heardAt - answeredAt, 0));
  }
  await client.removeChannel(channel);
  await client.realtime.disconnect();
  return { sinceCall, sinceAnswer };
}

async function measureHeartbeats(command: Commander, runner: FleetRunner, commands: number): Promise<number[]> {
  const samples: number[] = [];
  for (let n = -WARM_UP; n < commands; n += 1) {
    const seq = await command();
    const sentAt = clockMs();
    const answer = await beat(runner);
    const ms = clockMs() - sentAt;
    if (!answer.commands.some((each) => each.seq === seq))
      throw new Error(`the heartbeat did not bring command ${seq}`);
    await acknowledge(runner, seq);
    if (n >= 0) samples.push(ms);
  }
  return samples;
}

/** Gives a command; answers with its number. */
type Commander = () => Promise<number>;

/** Pauses and resumes the bot in turns. */
function newCommander({ owner }: Fleet, { botId }: FleetRunner): Commander {
  let isPaused = false;
  return async () => {
    const { data, error } = await owner.client.rpc(isPaused ? 'resume_bot' : 'pause_bot', { p_bot_id: botId });
    if (error) throw error;
    isPaused = !isPaused;
    return Number((data as { command_seq: number }).command_seq);
  };
}

async function acknowledge({ client }: FleetRunner, seq: number): Promise<void> {
  const { error } = await client.rpc('acknowledge_command', { p_seq: seq });
  if (error) throw error;
}

function describe(name: string, samples: readonly number[]): Figure[] {
  return [
    { name: `${name}_ms_p50`, value: percentile(samples, 0.5), unit: 'ms' },
    { name: `${name}_ms_p99`, value: percentile(samples, 0.99), unit: 'ms' },
  ];
}
