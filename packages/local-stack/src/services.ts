import { createServer, type Server } from 'node:http';
import { type AuthServer, createAuthServer } from './auth/auth-server.ts';
import { type FunctionHost, startFunctionHost } from './functions/function-host.ts';
import { answerStarting } from './gateway/answer-starting.ts';
import { attachGateway } from './gateway/gateway.ts';
import { type Postgrest, startPostgrest } from './postgrest/postgrest.ts';
import { Restarter } from './process/restarter.ts';
import { makeSocketDir, removeSocketDir } from './process/socket-dir.ts';
import type { RealtimeLimits } from './realtime/limits.ts';
import { createRealtimeServer, type RealtimeServer } from './realtime/realtime-server.ts';
import type { StackContext } from './stack-context.ts';

/** Opens the gateway's port before anything else exists, so that its number can go into every URL. */
export function listen(port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000 }, answerStarting);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

export interface ServiceOptions {
  /** Serve supabase/functions too. */
  readonly functions: boolean;
  /** Reload functions when their files change. */
  readonly watch: boolean;
  /** bcrypt's cost of new passwords; that of hosted Auth by default. */
  readonly passwordCost?: number;
  /** Refuse clients of Auth that ask too often; true by default. */
  readonly authRateLimits?: boolean;
  /** What differs from hosted Realtime's limits. */
  readonly realtimeLimits?: Partial<RealtimeLimits>;
  /** Told about each child process as it starts. */
  readonly onChild?: (name: string, pid: number) => void;
  /** Told the folder of the services' sockets, which an orderly end deletes. */
  readonly onSocketDir?: (dir: string) => void;
}

const SERVER_CLOSE_MS = 2_000;

/** Everything of one stack but Postgres: REST, Auth, Realtime, Functions, and the gateway in front of them. */
export class Services {
  #server: Server;
  #socketDir: string;
  #auth: AuthServer;
  #realtime: RealtimeServer;
  #rest: Postgrest;
  #functions: FunctionHost | undefined;
  readonly #closing = new AbortController();
  #restWatch: Promise<void> = Promise.resolve();

  private constructor(
    server: Server,
    socketDir: string,
    parts: { auth: AuthServer; realtime: RealtimeServer; rest: Postgrest; functions: FunctionHost | undefined },
  ) {
    this.#server = server;
    this.#socketDir = socketDir;
    this.#auth = parts.auth;
    this.#realtime = parts.realtime;
    this.#rest = parts.rest;
    this.#functions = parts.functions;
  }

  /** Starts all services on a migrated database, side by side, and attaches them to the listening server. */
  static async start(server: Server, context: StackContext, options: ServiceOptions): Promise<Services> {
    const socketDir = makeSocketDir();
    options.onSocketDir?.(socketDir);
    const [auth, realtime, rest, functions] = await Promise.allSettled([
      createAuthServer(context, { passwordCost: options.passwordCost, rateLimits: options.authRateLimits }),
      createRealtimeServer(context, { limits: options.realtimeLimits }),
      startPostgrest(context, socketDir),
      options.functions ? startFunctionHost({ context, socketDir, watch: options.watch }) : undefined,
    ]);
    if (
      auth.status === 'rejected' ||
      realtime.status === 'rejected' ||
      rest.status === 'rejected' ||
      functions.status === 'rejected'
    ) {
      const started = [auth, realtime, rest, functions].filter((part) => part.status === 'fulfilled');
      await Promise.all(started.map((part) => part.value?.close()));
      removeSocketDir(socketDir);
      throw [auth, realtime, rest, functions].find((part) => part.status === 'rejected')?.reason;
    }
    const services = new Services(server, socketDir, {
      auth: auth.value,
      realtime: realtime.value,
      rest: rest.value,
      functions: functions.value,
    });
    services.#restWatch = services.#watchRest(context, options);
    if (rest.value.pid) options.onChild?.('postgrest', rest.value.pid);
    if (functions.value?.pid) options.onChild?.('deno', functions.value.pid);
    attachGateway(server, context, {
      auth: auth.value,
      realtime: realtime.value,
      rest: { socketPath: () => services.#rest.socketPath },
      ...(functions.value ? { functions: functions.value } : {}),
    });
    return services;
  }

  /** Ends everything in order: no new requests, then the services, then what is left of connections. */
  async close(): Promise<void> {
    this.#closing.abort();
    const serverClosed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    const force = setTimeout(() => this.#server.closeAllConnections(), SERVER_CLOSE_MS);
    await Promise.all([this.#auth.close(), this.#realtime.close(), this.#closeRest(), this.#functions?.close()]);
    this.#server.closeAllConnections();
    await serverClosed;
    clearTimeout(force);
    removeSocketDir(this.#socketDir);
  }

  async #closeRest(): Promise<void> {
    await this.#rest.close();
    await this.#restWatch;
  }

  /** Starts PostgREST again whenever it dies. */
  async #watchRest(context: StackContext, options: ServiceOptions): Promise<void> {
    const { signal } = this.#closing;
    const restarter = new Restarter({
      signal,
      onFailure: (reason) => context.log('rest', `PostgREST does not start: ${reason}`),
    });
    for (;;) {
      await this.#rest.exited;
      if (signal.aborted) return;
      context.log('rest', 'PostgREST ended unexpectedly; starting it again');
      const next = await restarter.restart(() => startPostgrest(context, this.#socketDir, signal));
      if (!next) return;
      this.#rest = next;
      if (signal.aborted) await next.close();
      else if (next.pid) options.onChild?.('postgrest', next.pid);
    }
  }
}
