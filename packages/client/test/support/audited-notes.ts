import type { TestStack } from '@tradebase/local-stack/testing';
import type pg from 'pg';
import { vi } from 'vitest';
import { anonymous, type Persona, signUp } from './personas.ts';

/** A table as any other, with the trigger that tables have whose changes matter, and a column that it must not tell of. */
const NOTES = `
  create table public.notes (
    id uuid not null default gen_random_uuid() primary key,
    user_id uuid not null default auth.uid(),
    body text not null,
    api_secret text,
    updated_at timestamptz not null default now()
  );
  alter table public.notes enable row level security;
  grant select, insert, update, delete on public.notes to authenticated;
  create policy "Owners can do anything" on public.notes for all to authenticated
    using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
  create trigger audit_change after insert or update or delete on public.notes
    for each row execute function private.audit_change('api_secret');`;

/** Makes the table and waits until PostgREST knows it. */
export async function createNotes(stack: TestStack, database: pg.Client): Promise<void> {
  await database.query(NOTES);
  await database.query(`notify pgrst, 'reload schema'`);
  const attempt = () =>
    anonymous(stack)
      .from('notes' as 'instruments')
      .insert({ body: '' } as never);
  await vi.waitUntil(async () => (await attempt()).status !== 404, { timeout: 60_000 });
}

/** The table as supabase-js has it; the generated types do not know the tables of tests, and so call it by another's name. */
export function notes({ client }: Persona) {
  return client.from('notes' as 'instruments');
}

export async function writeNote(persona: Persona, body: string): Promise<void> {
  const { error, status } = await notes(persona).insert({ body } as never);
  if (error) throw new Error(`HTTP ${status}: ${JSON.stringify(error)}`);
}

/** A user with the entry of their sign-up and four of notes. */
export async function signUpWithEntries(stack: TestStack, name: string): Promise<Persona> {
  const persona = await signUp(stack, name);
  for (const body of ['first', 'second', 'third', 'fourth']) await writeNote(persona, body);
  return persona;
}

/** A user's chain as the role of the migrations sees it. */
export async function readChain(database: pg.Client, userId: string) {
  const { rows } = await database.query('select * from public.audit_log where chain = $1 order by seq', [userId]);
  return rows;
}
