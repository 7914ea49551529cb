import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { asService, type Persona, signUp } from './support/personas.ts';

/** Strategies, their versions, templates and workspaces, through PostgREST with supabase-js. */
let stack: TestStack;
let owner: Persona;
let other: Persona;

const SPEC = { name: 'sma-cross', params: { fast: 2, slow: 5 } };

beforeAll(async () => {
  stack = await startStack();
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
});

afterAll(() => stack?.stop());

async function makeStrategy({ client }: Persona, name: string): Promise<string> {
  const { data, error } = await client.from('strategies').insert({ name }).select('id').single();
  if (error) throw error;
  return data.id;
}

/** The number is given by the database; the types cannot know. */
const version = (strategyId: string, spec: object = SPEC) => ({ strategy_id: strategyId, spec }) as never;

async function makeTemplate({ client }: Persona, name: string, isPublic = false): Promise<string> {
  const { data, error } = await client
    .from('strategy_templates')
    .insert({ name, template_data: SPEC, is_public: isPublic })
    .select('id')
    .single();
  if (error) throw error;
  return data.id;
}

async function setLimit(key: string, value: number): Promise<void> {
  await asPostgres(stack, (client) =>
    client.query('update public.system_config set value = to_jsonb($2::numeric) where key = $1', [key, value]),
  );
}

describe('A strategy', () => {
  it('has a name of its own among those of its owner, and may share it with one of another user', async () => {
    await makeStrategy(owner, 'Trend');
    const twice = await owner.client.from('strategies').insert({ name: 'Trend' });
    expect([twice.status, twice.error?.code]).toEqual([409, '23505']);
    await expect(makeStrategy(other, 'Trend')).resolves.toBeTypeOf('string');
  });

  it('counts its versions, which its owner cannot number', async () => {
    const id = await makeStrategy(owner, 'Counted');
    await owner.client.from('strategy_versions').insert([version(id), version(id), version(id)]);
    const { data } = await owner.client
      .from('strategies')
      .select('current_version, strategy_versions (version)')
      .eq('id', id)
      .single();
    expect(data?.current_version).toBe(3);
    expect(data?.strategy_versions.map((row) => row.version).sort()).toEqual([1, 2, 3]);
    const numbered = await owner.client.from('strategy_versions').insert({ strategy_id: id, spec: SPEC, version: 9 });
    expect(numbered.error?.code).toBe('42501');
    const changed = await owner.client.from('strategies').update({ current_version: 1 }).eq('id', id);
    expect(changed.error?.code).toBe('42501');
  });

  it('gets versions at the same time with different numbers', async () => {
    const id = await makeStrategy(owner, 'Busy');
    // As many as one user may have at once.
    const added = await Promise.all(
      Array.from({ length: 6 }, () =>
        owner.client.from('strategy_versions').insert(version(id)).select('version').single(),
      ),
    );
    expect(added.map(({ data }) => data?.version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('gets no version from another user', async () => {
    const id = await makeStrategy(owner, 'Private');
    const forged = await other.client.from('strategy_versions').insert(version(id));
    expect([forged.status, forged.error?.code]).toEqual([404, 'strategy_not_found']);
    const { data } = await owner.client.from('strategies').select('current_version').eq('id', id).single();
    expect(data?.current_version).toBe(0);
  });
});

describe('A version of a strategy', () => {
  let id: string;

  beforeAll(async () => {
    id = await makeStrategy(owner, 'Versioned');
    const { error } = await owner.client.from('strategy_versions').insert(version(id));
    if (error) throw error;
  });

  it('says who made it', async () => {
    const { data } = await owner.client.from('strategy_versions').select('created_by').eq('strategy_id', id).single();
    expect(data?.created_by).toBe(owner.id);
  });

  it('is never changed, by its owner or by the role of the migrations', async () => {
    const byOwner = await owner.client.from('strategy_versions').update({ note: 'x' }).eq('strategy_id', id);
    expect(byOwner.error?.code).toBe('42501');
    await expect(
      asPostgres(stack, (client) =>
        client.query(`update public.strategy_versions set note = 'x' where strategy_id = $1`, [id]),
      ),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it.each([
    ['no name', { params: {} }],
    ['a list', []],
    ['more than 64 KiB', { name: 'long', text: crypto.randomUUID().repeat(2000) }],
  ])('is refused with a spec that has %s', async (_what, spec) => {
    const { error } = await owner.client.from('strategy_versions').insert(version(id, spec));
    expect(error?.code).toBe('23514');
  });

  it('is refused beyond the most that a strategy may have', async () => {
    const full = await makeStrategy(owner, 'Full');
    await setLimit('limits.versions_per_strategy', 2);
    const { status, error } = await owner.client
      .from('strategy_versions')
      .insert([version(full), version(full), version(full)]);
    expect([status, error?.code]).toEqual([409, 'quota_exceeded']);
    await setLimit('limits.versions_per_strategy', 1000);
  });

  it('is refused beyond the most that a user may have of all strategies', async () => {
    const collector = await signUp(stack, 'collector');
    const [first, second] = [await makeStrategy(collector, 'First'), await makeStrategy(collector, 'Second')];
    await setLimit('limits.strategy_versions_per_user', 3);
    const add = (id: string, count: number) =>
      collector.client.from('strategy_versions').insert(Array.from({ length: count }, () => version(id)) as never);
    expect((await add(first, 2)).error).toBeNull();
    expect((await add(second, 2)).error?.code).toBe('quota_exceeded');
    expect((await add(second, 1)).error).toBeNull();
    expect((await add(second, 1)).error?.code).toBe('quota_exceeded');
    await collector.client.from('strategies').delete().eq('id', first);
    expect((await add(second, 1)).error).toBeNull();
    await setLimit('limits.strategy_versions_per_user', 5000);
  });
});

describe('A template', () => {
  const seenBy = async ({ client }: Persona, id: string) =>
    (await client.from('strategy_templates').select('id').eq('id', id)).data?.length === 1;

  it('is seen by its author alone', async () => {
    const id = await makeTemplate(owner, 'Mine');
    expect(await seenBy(owner, id)).toBe(true);
    expect(await seenBy(other, id)).toBe(false);
  });

  it('is seen by everyone while it is public, and changed by its author alone', async () => {
    const id = await makeTemplate(owner, 'Public', true);
    expect(await seenBy(other, id)).toBe(true);
    const changed = await other.client.from('strategy_templates').update({ name: 'Theirs' }).eq('id', id).select();
    expect(changed.data).toEqual([]);
    const deleted = await other.client.from('strategy_templates').delete().eq('id', id).select();
    expect(deleted.data).toEqual([]);
    await owner.client.from('strategy_templates').update({ is_public: false }).eq('id', id);
    expect(await seenBy(other, id)).toBe(false);
  });

  it('is seen by those it is shared with, until either of both ends it', async () => {
    const third = await signUp(stack, 'third');
    const id = await makeTemplate(owner, 'Shared');
    const share = () =>
      owner.client.from('strategy_template_shares').insert({ template_id: id, shared_with: other.id });
    expect((await share()).error).toBeNull();
    expect([await seenBy(other, id), await seenBy(third, id)]).toEqual([true, false]);
    expect((await third.client.from('strategy_template_shares').select()).data).toEqual([]);

    await owner.client.from('strategy_template_shares').delete().eq('template_id', id);
    expect(await seenBy(other, id)).toBe(false);
    await share();
    expect((await other.client.from('strategy_template_shares').select('shared_with')).data).toHaveLength(1);
    await other.client.from('strategy_template_shares').delete().eq('template_id', id);
    expect(await seenBy(other, id)).toBe(false);
  });

  it('is found by indexes among those of everyone', async () => {
    const plan = await asPostgres(stack, async (client) => {
      // Templates of many who need not sign up for it: nothing of this is committed.
      await client.query(
        `begin;
         alter table public.strategy_templates disable trigger user, drop constraint strategy_templates_user_id_fkey`,
      );
      await client.query(
        `insert into public.strategy_templates (user_id, name, template_data)
         select author, 'Template ' || n, $1 from (select gen_random_uuid() as author from generate_series(1, 1000)) a, generate_series(1, 20) n`,
        [SPEC],
      );
      await client.query('analyze public.strategy_templates');
      await client.query(
        `select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)`,
        [JSON.stringify({ sub: other.id, role: 'authenticated' })],
      );
      const { rows } = await client.query('explain select id, name from public.strategy_templates');
      await client.query('rollback');
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toContain('BitmapOr');
    expect(plan).not.toContain('Seq Scan on strategy_templates');
  });

  it('is shared by its author and nobody else', async () => {
    const id = await makeTemplate(owner, 'Not theirs');
    const third = await signUp(stack, 'third');
    const forged = await other.client
      .from('strategy_template_shares')
      .insert({ template_id: id, shared_with: third.id });
    expect(forged.error?.code).toBe('23503');
    await owner.client.from('strategy_template_shares').insert({ template_id: id, shared_with: third.id });
    const again = await other.client
      .from('strategy_template_shares')
      .insert({ template_id: id, shared_with: third.id });
    expect(again.error?.code, 'tells nobody that it is shared').toBe('23503');
    const inTheirName = await other.client
      .from('strategy_template_shares')
      .insert({ template_id: id, shared_with: third.id, user_id: owner.id });
    expect(inTheirName.error?.code).toBe('42501');
  });

  it('goes with its author, public or not, and leaves what others made of it', async () => {
    const author = await signUp(stack, 'author');
    const id = await makeTemplate(author, 'Leaving', true);
    await author.client.from('strategy_template_shares').insert({ template_id: id, shared_with: other.id });
    const copy = await makeStrategy(other, 'Made from a template');
    const { error } = await asService(stack).auth.admin.deleteUser(author.id);
    expect(error).toBeNull();
    expect(await seenBy(other, id)).toBe(false);
    expect((await other.client.from('strategies').select('id').eq('id', copy)).data).toHaveLength(1);
  });
});

describe('A workspace', () => {
  it('is kept for its owner alone', async () => {
    const data = { open: ['ACME'] };
    const made = await owner.client.from('workspaces').insert({ name: 'Desk', data }).select('id').single();
    expect(made.error).toBeNull();
    const id = made.data?.id ?? '';
    await owner.client
      .from('workspaces')
      .update({ data: { open: [] } })
      .eq('id', id);
    expect((await owner.client.from('workspaces').select('data').eq('id', id).single()).data).toEqual({
      data: { open: [] },
    });
    expect((await other.client.from('workspaces').select().eq('id', id)).data).toEqual([]);
    expect((await owner.client.from('workspaces').delete().eq('id', id).select()).data).toHaveLength(1);
  });

  it('holds a megabyte and no more', async () => {
    const insert = (bytes: number) =>
      owner.client.from('workspaces').insert({ name: `${bytes}`, data: { text: 'x'.repeat(bytes) } });
    expect((await insert(1_000_000)).error).toBeNull();
    expect((await insert(1_100_000)).error?.code).toBe('23514');
  });

  it('is refused beyond the most that a user may have, in one request or in many', async () => {
    const many = await signUp(stack, 'many');
    await setLimit('limits.workspaces_per_user', 3);
    const insert = (...names: string[]) => many.client.from('workspaces').insert(names.map((name) => ({ name })));
    expect((await insert('1', '2', '3', '4')).error?.code).toBe('quota_exceeded');
    expect((await insert('1', '2')).error).toBeNull();
    const atOnce = await Promise.all(['3', '4', '5'].map((name) => insert(name)));
    expect(atOnce.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    await setLimit('limits.workspaces_per_user', 50);
  });
});
