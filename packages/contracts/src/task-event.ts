import { z } from 'zod';
import { TaskStatus } from './task-status.ts';

/**
 * Events on the private Realtime topic `user:<user id>` that tell how a task fares. A cancellation is a `task_failed` whose
 * status is `cancelled`.
 */
export const TASK_EVENTS = ['task_queued', 'task_running', 'task_progress', 'task_completed', 'task_failed'] as const;
export const TaskEventName = z.enum(TASK_EVENTS);
export type TaskEventName = z.infer<typeof TaskEventName>;

/** What a task event says. `seq` orders the events of a topic: a gap means some were missed and can be read from `events`. */
export const TaskEvent = z.object({
  seq: z.int().min(1),
  kind: z.enum(['backtest', 'study']),
  id: z.guid(),
  status: TaskStatus,
  progress: z.number().min(0).max(1),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  at: z.string().describe('When it happened, ISO 8601'),
});
export type TaskEvent = z.infer<typeof TaskEvent>;

/** Topic of everything that concerns one user. */
export function userTopic(userId: string): string {
  return `user:${userId}`;
}
