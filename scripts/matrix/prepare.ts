import type pg from 'pg';

/** What rows need that no expectation makes: run once before them, as the role of the migrations. */
export const PREPARATIONS: readonly ((database: pg.Client) => Promise<void>)[] = [];
