import { randomBytes } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EncryptionKey, giveEncryptionKey } from '../../packages/client/test/support/encryption-key.ts';
import { invoke } from '../../packages/client/test/support/invoke.ts';
import { anonymous, type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { enableWorkerLogin } from '../../scripts/test/support/global-setup.ts';
import { type KrakenServer, startKrakenServer } from './support/kraken-server.ts';
import { startTestWorker, type TestWorker } from './support/worker-process.ts';

/**
 * A credential goes its whole way, well and badly, on a server that logs all that Postgres can log; then everything that
 * was written anywhere is searched for it.
 */
let stack: TestStack;
let key: EncryptionKey;
let kraken: KrakenServer;
let worker: TestWorker;
let user: Persona;
let admin: pg.Client;
let dataDirectory: string;
const stackLog: string[] = [];
const workerLog: string[] = [];

/** Eight characters of a key may be shown: what may not is in the middle. Kraken wants base64, which this is. */
const canary = (what: string) => `head${what}${randomBytes(13).toString('hex')}tail`;
const middle = (text: string) => text.slice(8, -8);
const SECRETS = { key: canary('Ke'), secret: canary('Se'), passphrase: canary('Pa') };
/** Only in requests that fail. */
const REFUSED = canary('Re');
/** Not secret at all: a search that does not find it where it must be is no search. */
const CONTROL = canary('Co');

const STRICTEST = {
  log_statement: 'all',
  log_min_duration_statement: '0',
  log_duration: 'on',
  log_min_messages: 'debug1',
  log_min_error_statement: 'debug5',
  log_error_verbosity: 'verbose',
  log_parameter_max_length: '-1',
  log_parameter_max_length_on_error: '-1',
  debug_print_plan: 'on',
  // On one line, so that it can be searched.
  debug_pretty_print: 'off',
  track_activity_query_size: '64kB',
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_verbose': 'on',
  'auto_explain.log_parameter_max_length': '-1',
  'pg_stat_statements.track': 'all',
};

beforeAll(async () => {
  kraken = await startKrakenServer();
  stack = await startStack({
    functions: true,
    ownServer: true,
    log: (service, message) => stackLog.push(`[${service}] ${message}`),
  });
  await enableWorkerLogin(stack.databaseUrl());
  key = await giveEncryptionKey(stack);
  admin = new pg.Client({ connectionString: stack.databaseUrl('supabase_admin') });
  admin.on('error', () => {}); // the restart ends this connection
  await admin.connect();
  for (const [name, value] of Object.entries(STRICTEST)) {
    if (name.startsWith('auto_explain.')) await admin.query(`load 'auto_explain'`);
    await admin.query(`alter system set ${name} = '${value}'`);
  }
  await admin.end();
  await stack.restartPostgres();
  admin = new pg.Client({ connectionString: stack.databaseUrl('supabase_admin') });
  await admin.connect();
  // This one looks at the others.
  await admin.query(`set log_statement = none; set log_min_duration_statement = -1; set log_duration = off;
    set debug_print_plan = off; set auto_explain.log_min_duration = -1`);
  dataDirectory = (await admin.query('show data_directory')).rows[0].data_directory;
  user = await signUpAgain();
  worker = await startTestWorker(stack, {
    TRADEBASE_CREDENTIAL_KEY_DIR: key.dir,
    TRADEBASE_EXCHANGE_URL_OVERRIDES: JSON.stringify({ kraken: kraken.url }),
  });
  worker.process.stderr?.on('data', (text: string) => workerLog.push(text));
});

afterAll(async () => {
  await worker?.end();
  await admin?.end();
  key?.discard();
  await kraken?.close();
  await stack?.stop();
});

/** Services reconnect after a restart in their own time. */
async function signUpAgain(): Promise<Persona> {
  return vi.waitFor(
    async () => {
      const persona = await signUp(stack, 'user');
      const { error } = await persona.client.from('events').select('seq').limit(1);
      if (error) throw error;
      return persona;
    },
    { timeout: 60_000, interval: 200 },
  );
}

async function waitForTest(id: string): Promise<string | null> {
  let testError: string | null = null;
  await expect
    .poll(async () => {
      const { data } = await user.client
        .from('exchange_credentials')
        .select('test_status, test_error')
        .eq('id', id)
        .single();
      testError = data?.test_error ?? null;
      return data?.test_status;
    })
    .not.toBe('pending');
  return testError;
}

/** A request to the Data API as anybody may send it, in whatever form. */
async function sendRaw(path: string, contentType: string, body: string): Promise<number> {
  const { data } = await user.client.auth.getSession();
  const response = await fetch(`${stack.apiUrl}/rest/v1/${path}`, {
    method: 'POST',
    headers: {
      apikey: stack.keys.publishableKey,
      authorization: `Bearer ${data.session?.access_token}`,
      'content-type': contentType,
    },
    body,
  });
  return response.status;
}

/** What one may find a text as: itself, bytes in hexadecimal or decimal numbers, base64 at each of its three offsets. */
function disguises(text: string): string[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The characters at both ends depend on the neighbours.
    return encoded.slice(4, -4);
  });
  return [text, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), [...bytes].join(' '), ...base64];
}

function findIn(haystack: Buffer | string, texts: readonly string[]): string[] {
  return texts.filter((text) => disguises(middle(text)).some((disguise) => haystack.includes(disguise)));
}

/** Every row of every table and view of every schema, as text. */
async function dumpDatabase(client: pg.Client): Promise<string> {
  const { rows: relations } = await client.query(`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'v', 'm') and n.nspname not like 'pg_temp%' and n.nspname not like 'pg_toast%'
    order by 1`);
  const rows: string[] = [];
  for (const { name } of relations) {
    try {
      const result = await client.query({ text: `select t::text from ${name} t`, rowMode: 'array' });
      rows.push(`${name}:`, ...result.rows.map(([row]) => String(row)));
    } catch (error) {
      // Views on what this build of Postgres has not.
      if (!name.startsWith('pg_catalog.') && !name.startsWith('information_schema.')) throw error;
    }
  }
  return rows.join('\n');
}

/** What is in a file; nothing in one that Postgres, which goes on working, has removed since it was listed. */
function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function filesBelow(dir: string, pattern: string): string[] {
  return globSync(pattern, { cwd: dir })
    .map((path) => join(dir, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

describe('A secret', () => {
  it('goes its whole way and meets every error there is', async () => {
    const { client } = user;
    const credential = { exchange: 'kraken', name: 'canary', ...SECRETS };
    const stored = await invoke(client, 'POST', 'api/credentials', credential);
    expect(stored.status).toBe(201);
    expect(findIn(JSON.stringify(stored.body), Object.values(SECRETS))).toEqual([]);

    const refusals: object[] = [
      credential,
      { ...credential, exchange: 'mtgox' },
      { ...credential, name: `\u0000${REFUSED}` },
      { ...credential, name: 'a', secret: `${REFUSED}\u0000` },
      { ...credential, name: 'a', secret: REFUSED.repeat(300) },
      { ...credential, name: 'a', secret: [REFUSED] },
      { ...credential, name: 'a', sandbox: REFUSED },
      { ...credential, name: 'a', unknown: REFUSED },
    ];
    for (const body of refusals) {
      const answer = await invoke(client, 'POST', 'api/credentials', body);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(findIn(JSON.stringify(answer.body), [...Object.values(SECRETS), REFUSED])).toEqual([]);
      // The same, past the function.
      const direct = await client.rpc('create_credential', body as never);
      expect(direct.error).not.toBeNull();
      expect(findIn(JSON.stringify(direct), [...Object.values(SECRETS), REFUSED])).toEqual([]);
    }
    const broken = JSON.stringify(credential).slice(0, -3);
    expect((await invoke(client, 'POST', 'api/credentials', broken)).status).toBe(400);
    expect((await invoke(anonymous(stack), 'POST', 'api/credentials', credential)).status).toBe(401);
    for (const [contentType, body] of [
      ['application/json', broken],
      ['application/json', JSON.stringify([credential])],
      ['application/json', JSON.stringify(REFUSED)],
      ['application/json', JSON.stringify({ ...credential, secret: `${REFUSED}\ud800` })],
      ['text/plain', REFUSED],
      ['text/csv', `secret\n${REFUSED}`],
      ['application/octet-stream', REFUSED],
      ['application/x-www-form-urlencoded', `exchange=kraken&secret=${REFUSED}`],
    ] as const) {
      expect(await sendRaw('rpc/create_credential', contentType, body)).toBeGreaterThanOrEqual(400);
      expect(await sendRaw('exchange_credentials', contentType, body)).toBeGreaterThanOrEqual(400);
    }
    expect(
      await sendRaw('exchange_credentials', 'application/json', JSON.stringify({ name: 'a', ciphertext: REFUSED })),
    ).toBe(403);

    const { id } = stored.body;
    const askAgain = async (): Promise<string | null> => {
      expect((await invoke(client, 'POST', `api/credentials/${id}/test`)).status).toBe(202);
      return waitForTest(id);
    };
    // The exchange knows it; then it does not; then it repeats all that it was sent.
    kraken.accounts.set(SECRETS.key, SECRETS.secret);
    expect(await askAgain()).toBeNull();
    kraken.accounts.clear();
    expect(await askAgain()).toBe('authentication_failed');
    for (const status of [200, 403, 500]) {
      kraken.answers.set(SECRETS.key, {
        status,
        body: JSON.stringify({ error: [`EAPI:Invalid key:${SECRETS.key} ${SECRETS.secret} ${SECRETS.passphrase}`] }),
      });
      expect(await askAgain()).not.toBeNull();
    }
    await invoke(client, 'PATCH', `api/credentials/${id}`, { name: 'renamed', enabled: false });

    // What is not secret is where one looks.
    const plain = new pg.Client({ connectionString: stack.databaseUrl() });
    await plain.connect();
    await plain.query('select $1::text', [CONTROL]);
    await plain.query('insert into public.system_config (key, value, description) values ($1, $2, $3)', [
      'test.control',
      '1',
      CONTROL,
    ]);
    await plain.end();
    await admin.query('checkpoint');
  });

  it('is in no table, view or statistic of the database, in no form', async () => {
    const dump = await dumpDatabase(admin);
    expect(dump).toContain('pg_stat_statements');
    expect(findIn(dump, [CONTROL])).toEqual([CONTROL]);
    expect(findIn(dump, [...Object.values(SECRETS), REFUSED])).toEqual([]);
  });

  it('is not in the log of Postgres, which has every statement, plan and error', () => {
    const log = readFileSync(join(dirname(dataDirectory), 'postgres.log'));
    expect(log.includes('create_credential')).toBe(true);
    expect(log.includes('Query Text:')).toBe(true);
    expect(findIn(log, [CONTROL])).toEqual([CONTROL]);
    expect(findIn(log, [...Object.values(SECRETS), REFUSED])).toEqual([]);
  });

  it('is not in the write-ahead log', () => {
    const segments = filesBelow(join(dataDirectory, 'pg_wal'), '*');
    expect(segments.flatMap((path) => findIn(contentOf(path), [CONTROL]))).toContain(CONTROL);
    for (const path of segments) {
      expect([path, findIn(contentOf(path), [...Object.values(SECRETS), REFUSED])]).toEqual([path, []]);
    }
  });

  it('is in no other file of the server', () => {
    const files = filesBelow(dataDirectory, '{base,global,pg_logical,pg_stat,pg_stat_tmp,pg_replslot}/**');
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((path) => findIn(contentOf(path), [CONTROL]))).toContain(CONTROL);
    for (const path of files) {
      expect([path, findIn(contentOf(path), [...Object.values(SECRETS), REFUSED])]).toEqual([path, []]);
    }
  });

  it('is in no log of the functions, the services or the worker', () => {
    const lines = [...stackLog, ...workerLog].join('\n');
    expect(lines).toContain('/api/credentials');
    expect(lines).toContain('credential tested');
    expect(findIn(lines, [...Object.values(SECRETS), REFUSED])).toEqual([]);
  });
});
