/** One line about what the program does. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  more?: Readonly<Record<string, unknown>>,
) => void;

/** Lines for people, or, for programs, one JSON object each. */
export function logTo(write: (line: string) => void, asJson: boolean): Log {
  return (level, message, more = {}) => {
    const at = new Date().toISOString();
    if (asJson) write(`${JSON.stringify({ at, level, message, ...more })}\n`);
    else if (level !== 'debug') write(`${at.slice(11, 19)} ${level === 'info' ? '' : `${level}: `}${message}\n`);
  };
}
