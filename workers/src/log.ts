/** What a log line is about; every line of a job carries its ids. */
export interface LogFields {
  queue?: string;
  job_id?: string;
  user_id?: string;
  request_id?: string | null;
  [field: string]: string | number | boolean | null | undefined;
}

export type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: LogFields) => void;

/** One JSON object a line on standard error. */
export const jsonLog: Log = (level, message, fields) => {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })}\n`);
};

/** A log whose lines carry these fields too. */
export function withFields(log: Log, fields: LogFields): Log {
  return (level, message, more) => log(level, message, { ...fields, ...more });
}
