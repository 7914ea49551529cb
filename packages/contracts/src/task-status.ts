import { z } from 'zod';

/** Statuses of whatever workers do at a user's request. */
export const TaskStatus = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']);
export type TaskStatus = z.infer<typeof TaskStatus>;
