import {
  AlertEvent,
  BotStatusEvent,
  RunnerStatusEvent,
  TASK_EVENTS,
  TaskEvent,
  type TaskEventName,
} from '@tradebase/contracts';

/** An event of the topic of a user, and its name. */
export type UserEvent =
  | { readonly name: 'bot_status'; readonly event: BotStatusEvent }
  | { readonly name: 'runner_status'; readonly event: RunnerStatusEvent }
  | { readonly name: 'alert'; readonly event: AlertEvent }
  | NamedTaskEvent;

/** An event of a task and its name. */
export interface NamedTaskEvent {
  readonly name: TaskEventName;
  readonly event: TaskEvent;
}

/** Reads an event of the topic of a user. Undefined for a name that is not known here; throws where the payload is not as it should be. */
export function readUserEvent(name: string, payload: unknown): UserEvent | undefined {
  if (name === 'bot_status') return { name, event: BotStatusEvent.parse(payload) };
  if (name === 'runner_status') return { name, event: RunnerStatusEvent.parse(payload) };
  if (name === 'alert') return { name, event: AlertEvent.parse(payload) };
  const task = TASK_EVENTS.find((known) => known === name);
  return task && { name: task, event: TaskEvent.parse(payload) };
}
