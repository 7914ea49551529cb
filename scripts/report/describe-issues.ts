import type { StrategyIssue } from '@tradebase/contracts';
import type { z } from 'zod';

/** Issues of a document, one a line, as compilers write them: `file:line:column: path: message`. */
export function describeIssues(source: string, issues: readonly StrategyIssue[]): string {
  return issues
    .map(({ path, message, line, column }) => {
      const place = line === undefined ? source : `${source}:${line}:${column ?? 1}`;
      return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
    })
    .join('\n');
}

export function describeSchemaError(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}
