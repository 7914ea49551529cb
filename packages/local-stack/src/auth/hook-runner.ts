import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { HookConfig } from '../config/stack-config.ts';
import type { Log } from '../stack-context.ts';
import type { Database } from './auth-services.ts';
import { AuthError } from './requests/auth-error.ts';
import { isJsonObject, type JsonObject } from './requests/request-fields.ts';
import { transaction } from './transaction.ts';

const HOOK_NAMES = [
  'before_user_created',
  'custom_access_token',
  'mfa_verification_attempt',
  'password_verification_attempt',
] as const;

export type HookName = (typeof HOOK_NAMES)[number];

const TIMEOUT_MS = 2000;
const QUERY_CANCELED = '57014';

interface Hook {
  readonly name: HookName;
  readonly uri: string;
  /** Quoted: `"private"."custom_access_token"`. */
  readonly function: string;
}

/** Calls the Postgres functions that config.toml names as hooks. A hook that fails refuses the request. */
export class HookRunner {
  readonly #hooks: ReadonlyMap<HookName, Hook>;
  readonly #pool: pg.Pool;
  readonly #log: Log;

  /** Throws when an enabled hook is not a Postgres function: leaving it out would let sign-ins pass unchecked. */
  constructor(hooks: Record<string, HookConfig>, pool: pg.Pool, log: Log) {
    this.#hooks = parseHooks(hooks);
    this.#pool = pool;
    this.#log = log;
  }

  /** Runs a hook and commits what it wrote, whatever it answers. Undefined when the hook is not enabled. */
  async run(name: HookName, event: JsonObject): Promise<JsonObject | undefined> {
    const hook = this.#hooks.get(name);
    return hook && checkAnswer(hook, await transaction(this.#pool, (tx) => this.#call(hook, event, tx)));
  }

  /** Runs a hook inside the transaction of what it decides about. Undefined when the hook is not enabled. */
  async runIn(tx: Database, name: HookName, event: JsonObject): Promise<JsonObject | undefined> {
    const hook = this.#hooks.get(name);
    return hook && checkAnswer(hook, await this.#call(hook, event, tx));
  }

  /** Runs a hook for the time that it takes: what it writes is undone, and what it answers or throws is not looked at. */
  async rehearse(name: HookName, event: JsonObject): Promise<void> {
    const hook = this.#hooks.get(name);
    if (!hook) return;
    await transaction(this.#pool, async (tx) => {
      // Not the transaction itself: a commit takes as long as after a real run, a rollback would not.
      await tx.query('savepoint rehearsal');
      await callFunction(hook, event, tx).catch(() => {});
      await tx.query('rollback to savepoint rehearsal');
    });
  }

  async #call(hook: Hook, event: JsonObject, tx: Database): Promise<JsonObject> {
    try {
      return await callFunction(hook, event, tx);
    } catch (error) {
      throw this.#failure(hook, error);
    }
  }

  #failure(hook: Hook, error: unknown): AuthError {
    this.#log('auth', `hook ${hook.name} failed: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof pg.DatabaseError && error.code === QUERY_CANCELED) {
      const message = `Hook ${hook.name} did not answer within ${TIMEOUT_MS / 1000} seconds: ${hook.uri}`;
      return new AuthError(422, 'hook_timeout', message);
    }
    return new AuthError(500, 'unexpected_failure', `Error running hook URI: ${hook.uri}`);
  }
}

async function callFunction(hook: Hook, event: JsonObject, tx: Database): Promise<JsonObject> {
  const metadata = { uuid: randomUUID(), time: new Date().toISOString(), name: hook.name.replaceAll('_', '-') };
  await tx.query(`set local statement_timeout = ${TIMEOUT_MS}`);
  const { rows } = await tx.query<{ answer: unknown }>(`select ${hook.function}($1::jsonb) as answer`, [
    { metadata, ...event },
  ]);
  await tx.query('set local statement_timeout to default');
  const answer = rows[0]?.answer ?? {};
  if (!isJsonObject(answer)) throw new Error('it must return a JSON object');
  return answer;
}

function parseHooks(hooks: Record<string, HookConfig>): ReadonlyMap<HookName, Hook> {
  const parsed = new Map<HookName, Hook>();
  for (const name of HOOK_NAMES) {
    const config = hooks[name];
    if (!config?.enabled) continue;
    const match = /^pg-functions:\/\/postgres\/([^/]+)\/([^/]+)$/.exec(config.uri);
    const [, schema, fn] = match ?? [];
    if (!schema || !fn) {
      throw new Error(
        `auth.hook.${name}: uri must be pg-functions://postgres/<schema>/<function>, not "${config.uri}"`,
      );
    }
    parsed.set(name, { name, uri: config.uri, function: `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(fn)}` });
  }
  return parsed;
}

function checkAnswer(hook: Hook, answer: JsonObject): JsonObject {
  const { error } = answer;
  if (!isJsonObject(error)) return answer;
  const wanted = Number(error.http_code ?? 500);
  const status = Number.isInteger(wanted) && wanted >= 400 && wanted <= 599 ? wanted : 500;
  const message = String(error.message || `The hook ${hook.name} refused without a message`);
  throw new AuthError(status, status < 500 ? 'unknown' : 'unexpected_failure', message);
}
