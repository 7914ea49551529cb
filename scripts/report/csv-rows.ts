import { UsageError } from '../command-line/parse-command-line.ts';

/** Time of a day, or of a day and a time in UTC. */
const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** An ISO 8601 date, which means its midnight in UTC, or a date and time with a zone; NaN for all else. */
export function parseInstant(text: string): number {
  return INSTANT.test(text) ? Date.parse(text) : NaN;
}

/** One line of a CSV file. */
export interface CsvRow {
  /** From 1, the header included. */
  readonly line: number;
  cell(name: string): string;
}

/**
 * Rows of a small CSV file without quotes.
 *
 * @param columns that it must have; others are passed over
 * @throws UsageError for a column that is not there, and a row with more or fewer cells than the header
 */
export function* csvRows(path: string, text: string, columns: readonly string[]): Generator<CsvRow> {
  const [header = '', ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const names = header.split(',').map((name) => name.trim());
  const missing = columns.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new UsageError(`${path}: there is no column ${missing.join(', ')}; the header is ${header}`);
  }
  const places = new Map(names.map((name, place) => [name, place]));
  for (const [index, content] of lines.entries()) {
    if (content === '') continue;
    const cells = content.split(',');
    const line = index + 2;
    if (cells.length !== names.length) {
      throw new UsageError(`${path}:${line}: there are ${cells.length} cells; the header has ${names.length}`);
    }
    yield { line, cell: (name) => cells[places.get(name) ?? -1]?.trim() ?? '' };
  }
}
