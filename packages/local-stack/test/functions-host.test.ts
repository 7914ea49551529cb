import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import { createJwtCheck } from '../src/functions/check-jwt.ts';
import { ask, createFunctionsProject, type FunctionsProject, indexOf } from './support/functions-project.ts';

let project: FunctionsProject;
afterEach(() => project.remove());

const hello = (word: string) => `export default { fetch: () => new Response('${word}') };`;

describe('a function', () => {
  test('may export a fetch handler or call Deno.serve, and sees its own name in the path', async () => {
    project = createFunctionsProject({
      exported: `export default { fetch: (req: Request) => new Response('exported ' + req.url) };`,
      served: `Deno.serve((req) => new Response('served ' + new URL(req.url).pathname));`,
      optioned: `Deno.serve({ port: 8000 }, async (req) => new Response('optioned ' + await req.text()));`,
    });
    const host = await project.start();
    const headers = { host: 'tradebase.example' };
    expect((await ask(host.socketPath(), '/exported/a/b?c=d', { headers })).text).toBe(
      'exported http://tradebase.example/exported/a/b?c=d',
    );
    expect((await ask(host.socketPath(), '/served/a')).text).toBe('served /served/a');
    expect((await ask(host.socketPath(), '/optioned', { method: 'POST', body: 'x' })).text).toBe('optioned x');
  });

  test('is left out when its folder begins with an underscore or config.toml disables it', async () => {
    project = createFunctionsProject({ _shared: hello('no'), off: hello('no') }, '[functions.off]\nenabled = false\n');
    const host = await project.start();
    for (const path of ['/_shared', '/off', '/never-was', '/']) {
      expect((await ask(host.socketPath(), path)).json()).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  test('that cannot be loaded answers 503 with the reason while the others work', async () => {
    project = createFunctionsProject({
      good: hello('good'),
      throws: `throw new Error('no such setting');`,
      unparsable: 'export default {',
      idle: 'export const nothing = 1;',
    });
    const host = await project.start();
    expect((await ask(host.socketPath(), '/good')).text).toBe('good');
    const refused = await ask(host.socketPath(), '/throws/x');
    expect(refused.status).toBe(503);
    expect(refused.json()).toMatchObject({
      code: 'BOOT_ERROR',
      file: join(project.dir, indexOf('throws')),
      error: 'no such setting',
    });
    expect((await ask(host.socketPath(), '/unparsable')).status).toBe(503);
    expect((await ask(host.socketPath(), '/idle')).text).toContain('export default { fetch }');
    await project.logged(/"throws".*did not load: no such setting/);
  });

  test('that throws answers 500, and what it wrote is in the log', async () => {
    project = createFunctionsProject({
      faulty: `export default { fetch() { Promise.reject(new Error('floating')); throw new Error('broken'); } };`,
    });
    const host = await project.start();
    expect(await ask(host.socketPath(), '/faulty')).toMatchObject({ status: 500 });
    await project.logged(/broken/);
    await project.logged(/floating/);
    expect((await ask(host.socketPath(), '/faulty')).json()).toMatchObject({ code: 'WORKER_ERROR' });
  });

  test("sees the platform's variables and the project's own, and nothing else", async () => {
    project = createFunctionsProject({
      env: `Deno.serve(() => Response.json([Deno.env.toObject(), Deno.env.get('PATH') ?? null]));`,
    });
    project.write({ 'supabase/functions/.env': 'OWN=1\nSUPABASE_URL=http://elsewhere\n' });
    const host = await project.start();
    const [env, path] = (await ask(host.socketPath(), '/env')).json() as [Record<string, string>, unknown];
    expect(Object.keys(env).sort()).toEqual([
      'OWN',
      // Of a hosted project an operator sets it: it signs the tokens of runners.
      'RUNNER_SIGNING_KEY',
      'SUPABASE_ANON_KEY',
      'SUPABASE_DB_URL',
      'SUPABASE_JWKS',
      'SUPABASE_PUBLISHABLE_KEYS',
      'SUPABASE_SECRET_KEYS',
      'SUPABASE_SERVICE_ROLE_KEY',
      'SUPABASE_URL',
    ]);
    expect(env.SUPABASE_URL).toBe('http://127.0.0.1:1');
    expect(JSON.parse(env.SUPABASE_JWKS ?? '').keys[0]).not.toHaveProperty('d');
    expect(path).toBeNull();
    await project.logged(/SUPABASE_URL is reserved/);
  });

  test('may not read outside its code, write, or run programs', async () => {
    project = createFunctionsProject({
      curious: `
        const name = async (work: () => unknown) => { try { await work(); return 'done'; } catch (e) { return (e as Error).name; } };
        Deno.serve(async () => Response.json([
          await name(() => Deno.readTextFile('/etc/passwd')),
          await name(() => Deno.writeTextFile(new URL('./x', import.meta.url), '')),
          await name(() => new Deno.Command('/bin/true').output()),
          await name(() => import('/etc/hostname')),
        ]));`,
    });
    const host = await project.start();
    const names = (await ask(host.socketPath(), '/curious')).json() as string[];
    expect(names.slice(0, 3)).toEqual(['NotCapable', 'NotCapable', 'NotCapable']);
    expect(names[3]).not.toBe('done');
  });
});

describe('import maps', () => {
  const shared = (target: string) => JSON.stringify({ imports: { '#word': target } });

  test('of the functions are joined, with paths relative to each deno.json', async () => {
    const uses = `import { word } from '#word'; export default { fetch: () => new Response(word) };`;
    project = createFunctionsProject({ one: uses, two: uses });
    project.write({
      'packages/words/src/word.ts': `export const word = 'shared';`,
      'supabase/functions/one/deno.json': shared('../../../packages/words/src/word.ts'),
      'supabase/functions/two/deno.json': shared('../../../packages/words/src/../src/word.ts'),
    });
    const host = await project.start();
    expect((await ask(host.socketPath(), '/one')).text).toBe('shared');
    expect((await ask(host.socketPath(), '/two')).text).toBe('shared');
  });

  test('say what else to watch: a change of shared code reloads the functions', async () => {
    project = createFunctionsProject({
      one: `import { word } from '#word'; export default { fetch: () => new Response(word) };`,
    });
    project.write({
      'packages/words/src/word.ts': `export const word = 'before';`,
      'supabase/functions/one/deno.json': shared('../../../packages/words/src/word.ts'),
    });
    const host = await project.start({ watch: true });
    project.write({ 'packages/words/src/word.ts': `export const word = 'after';` });
    await project.logged(/^reloaded$/);
    expect((await ask(host.socketPath(), '/one')).text).toBe('after');
  });

  test('that disagree are an error that names both files', async () => {
    project = createFunctionsProject({ one: hello('1'), two: hello('2') });
    project.write({
      'supabase/functions/one/deno.json': shared('npm:zod@4.6.7'),
      'supabase/functions/two/deno.json': shared('npm:zod@4.6.6'),
    });
    await expect(project.start()).rejects.toThrow(/one\/deno\.json maps "#word" .*two\/deno\.json/s);
  });
});

describe('the process', () => {
  test('is replaced on a change without losing a request, and finishes what is under way', async () => {
    project = createFunctionsProject({
      hello: hello('before'),
      slow: `Deno.serve(async (req) => new Response('late ' + await req.text()));`,
    });
    const host = await project.start({ watch: true });
    const first = { pid: host.pid, socketPath: host.socketPath() };
    let finish: (body: string) => void = () => undefined;
    const underWay = ask(first.socketPath, '/slow', { method: 'POST', hold: (end) => (finish = end) });
    const agent = new Agent({ keepAlive: true });
    const traffic = (async () => {
      const answers = [];
      do answers.push((await ask(host.socketPath(), '/hello', { agent })).text);
      while (answers.at(-1) !== 'after');
      return answers;
    })();

    project.write({ [indexOf('hello')]: hello('after') });
    expect(new Set(await traffic)).toEqual(new Set(['before', 'after']));
    await project.logged(/^reloaded$/);
    finish('but whole');
    expect((await underWay).text).toBe('late but whole');
    expect(host.pid).not.toBe(first.pid);
    agent.destroy();
  });

  test('goes on with the old functions when the new ones do not load', async () => {
    project = createFunctionsProject({ hello: hello('before'), broken: 'export default 1;' });
    const host = await project.start({ watch: true });
    project.write({ [indexOf('hello')]: 'export default {' });
    await project.logged(/not reloaded.*hello\/index\.ts/);
    expect((await ask(host.socketPath(), '/hello')).text).toBe('before');
    project.write({ [indexOf('hello')]: hello('after') });
    await project.logged(/^reloaded$/);
    expect((await ask(host.socketPath(), '/hello')).text).toBe('after');
  });

  test('is started again when it dies', async () => {
    project = createFunctionsProject({ hello: hello('here') });
    const host = await project.start();
    const { pid } = host;
    process.kill(pid, 'SIGKILL');
    await project.logged(/^restarted$/);
    expect(host.pid).not.toBe(pid);
    expect((await ask(host.socketPath(), '/hello')).text).toBe('here');
  });

  test('dies with its parent, even when that is killed', async () => {
    project = createFunctionsProject({ hello: hello('here') });
    const parent = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { FunctionsProject } from '${import.meta.dirname}/support/functions-project.ts';
       console.log((await new FunctionsProject('${project.dir}').start()).socketPath());`,
    ]);
    const [socketPath]: string[] = await once(createInterface({ input: parent.stdout }), 'line');
    const connection = connect(socketPath ?? '');
    await once(connection, 'connect');
    // Whether the connection is closed or reset is the system's choice.
    connection.on('error', () => undefined);
    const ended = new Promise((resolve) => connection.resume().once('close', resolve));
    parent.kill('SIGKILL');
    await ended;
    await expect(ask(socketPath ?? '', '/hello')).rejects.toThrow(/ECONN|ENOENT|EPIPE/);
  });

  test('is gone after close', async () => {
    project = createFunctionsProject({ hello: hello('here') });
    const host = await project.start();
    await host.close();
    expect(() => process.kill(host.pid, 0)).toThrow('ESRCH');
  });
});

test('verify_jwt asks for a valid token or a key of the stack, unless it is off', async () => {
  project = createFunctionsProject({}, '[functions.open]\nverify_jwt = false\n');
  const context = await project.context();
  const check = createJwtCheck(context);
  const expired = await new SignJWT({ role: 'authenticated' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(1)
    .sign(Buffer.from(context.keys.hs256Secret));
  expect(await check('open', {})).toBeUndefined();
  expect(await check('closed', {})).toMatchObject({ code: 'UNAUTHORIZED_NO_AUTH_HEADER' });
  expect(await check('closed', { authorization: `Bearer ${expired}` })).toMatchObject({
    code: 'UNAUTHORIZED_INVALID_JWT',
  });
  expect(await check('closed', { authorization: `Bearer ${context.keys.anonKey}` })).toBeUndefined();
  expect(await check('closed', { apikey: context.keys.publishableKey })).toBeUndefined();
  expect(await check('closed', { apikey: 'sb_publishable_guess' })).toMatchObject({ code: 'UNAUTHORIZED_INVALID_JWT' });
});
