import { PERSONAS, type Persona } from './expectation.ts';

/**
 * What is tried with a table, a function or a topic. `catalogue` is read rather than tried; `unchanged` looks whether what
 * was refused has left the table as it was, `forget` whether it holds anything of a user who was deleted.
 */
export type Operation =
  | 'select'
  | 'insert'
  | 'update'
  | 'delete'
  | 'admin_read'
  | 'hidden'
  | 'call'
  | 'join'
  | 'send'
  | 'catalogue'
  | 'unchanged'
  | 'forget';

/** One thing that was tried. */
export interface Case {
  /** Name of the table or function, or the pattern of the topic. */
  readonly subject: string;
  readonly operation: Operation;
  readonly persona: Persona | 'nobody';
}

/** What a run of the matrix found. */
export interface MatrixResult {
  readonly tables: number;
  readonly functions: number;
  readonly topics: number;
  readonly personas: number;
  readonly cases: number;
  readonly failed: number;
  /** Cases that could not be tried, because there is no row to try them with. */
  readonly skipped: number;
}

/** Counts cases and keeps failures, each a sentence. */
export class Findings {
  readonly cases: Case[] = [];
  readonly failures: string[] = [];
  skipped = 0;
  readonly #failedCases = new Set<string>();

  /** Notes a case, and why it failed if it did. */
  note(tried: Case, problem: string | undefined): void {
    this.cases.push(tried);
    if (problem !== undefined) this.fail(tried, problem);
  }

  fail({ subject, operation, persona }: Case, problem: string): void {
    this.#failedCases.add(`${subject} ${operation} ${persona}`);
    const who = persona === 'nobody' ? '' : ` by ${persona}`;
    this.failures.push(`${subject}: ${operation}${who}: ${problem}`);
  }

  result(counts: { tables: number; functions: number; topics: number }): MatrixResult {
    return {
      ...counts,
      personas: PERSONAS.length,
      cases: this.cases.length,
      failed: this.#failedCases.size,
      skipped: this.skipped,
    };
  }
}
