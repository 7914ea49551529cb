import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readStackConfig } from '../../src/config/stack-config.ts';
import { newStackKeys } from '../../src/config/stack-keys.ts';
import { createTokenVerifier } from '../../src/config/verify-token.ts';
import { type FunctionHost, startFunctionHost } from '../../src/functions/function-host.ts';
import type { StackContext } from '../../src/stack-context.ts';

/** A throwaway project with functions of its own, and the log of its stack. */
export class FunctionsProject {
  readonly dir: string;
  readonly lines: string[] = [];
  readonly #logged = new EventEmitter();
  #host: FunctionHost | undefined;

  constructor(dir = mkdtempSync(join(tmpdir(), 'tb-fn-'))) {
    this.dir = dir;
  }

  /** Writes files below the project folder. */
  write(files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.dir, path)), { recursive: true });
      writeFileSync(join(this.dir, path), text);
    }
  }

  async context(projectDir = this.dir): Promise<StackContext> {
    const keys = await newStackKeys();
    return {
      config: readStackConfig(projectDir),
      keys,
      verifyToken: await createTokenVerifier(keys),
      apiUrl: 'http://127.0.0.1:1',
      database: 'postgres',
      databaseUrl: (role) => `postgresql://${role}@127.0.0.1:1/postgres`,
      log: (_service, line) => {
        this.lines.push(line);
        this.#logged.emit('line');
      },
    };
  }

  async start({ watch = false } = {}): Promise<FunctionHost> {
    this.#host = await startFunctionHost({ context: await this.context(), socketDir: join(this.dir, 's'), watch });
    return this.#host;
  }

  /** Resolves with the first line of the log that matches, now or later. */
  async logged(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.lines.find((candidate) => pattern.test(candidate));
      if (line !== undefined) return line;
      await once(this.#logged, 'line');
    }
  }

  async remove(): Promise<void> {
    await this.#host?.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A project whose config.toml is `config`, and whose functions are given by name with the text of their index.ts. */
export function createFunctionsProject(functions: Record<string, string>, config = ''): FunctionsProject {
  const project = new FunctionsProject();
  project.write({ 'supabase/config.toml': config });
  for (const [name, text] of Object.entries(functions)) project.write({ [indexOf(name)]: text });
  return project;
}

export function indexOf(name: string): string {
  return `supabase/functions/${name}/index.ts`;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  json(): unknown;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
  /** Gets the request to write the body by hand. */
  readonly hold?: (end: (body: string) => void) => void;
}

/** Sends a request to a unix socket, as the gateway does, or to a port. */
export function ask(target: string | number, path: string, options: AskOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, agent, hold } = options;
  return new Promise((resolve, reject) => {
    const to = typeof target === 'string' ? { socketPath: target } : { port: target };
    const outgoing = request({ ...to, path, method, headers, ...(agent ? { agent } : {}) }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: () => JSON.parse(text) });
      });
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    if (hold) {
      outgoing.flushHeaders();
      hold((text) => outgoing.end(text));
    } else outgoing.end(body);
  });
}
