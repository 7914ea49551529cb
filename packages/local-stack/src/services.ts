import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuthServer, createAuthServer } from './auth/auth-server.ts';
import { type FunctionHost, startFunctionHost } from './functions/function-host.ts';
import { attachGateway } from './gateway/gateway.ts';
import { type Postgrest, startPostgrest } from './postgrest/postgrest.ts';
import { createRealtimeServer, type RealtimeServer } from './realtime/realtime-server.ts';
import type { StackContext } from './stack-context.ts';

/** Opens the gateway's port before anything else exists, so that its number can go into every URL. */
export function listen(port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000 });
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
  #closing = false;

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
    // Short, because a socket's path has at most 104 bytes; closed to other users.
    const socketDir = mkdtempSync(join(tmpdir(), 'tb-'));
    options.onSocketDir?.(socketDir);
    const [auth, realtime, rest, functions] = await Promise.allSettled([
      createAuthServer(context, { passwordCost: options.passwordCost }),
      createRealtimeServer(context),
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
      rmSync(socketDir, { recursive: true, force: true });
      throw [auth, realtime, rest, functions].find((part) => part.status === 'rejected')?.reason;
    }
    const services = new Services(server, socketDir, {
      auth: auth.value,
      realtime: realtime.value,
      rest: rest.value,
      functions: functions.value,
    });
    services.#watchRest(context, options);
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
    this.#closing = true;
    const serverClosed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    const force = setTimeout(() => this.#server.closeAllConnections(), SERVER_CLOSE_MS);
    await Promise.all([this.#auth.close(), this.#realtime.close(), this.#rest.close(), this.#functions?.close()]);
    this.#server.closeAllConnections();
    await serverClosed;
    clearTimeout(force);
    rmSync(this.#socketDir, { recursive: true, force: true });
  }

  /** Starts PostgREST again should it die. A start that fails ends the attempts: the log says why. */
  #watchRest(context: StackContext, options: ServiceOptions): void {
    void this.#rest.exited.then(async () => {
      if (this.#closing) return;
      context.log('rest', 'PostgREST ended unexpectedly; starting it again');
      try {
        this.#rest = await startPostgrest(context, this.#socketDir);
        if (this.#rest.pid) options.onChild?.('postgrest', this.#rest.pid);
        this.#watchRest(context, options);
      } catch (error) {
        context.log('rest', `PostgREST does not start: ${error instanceof Error ? error.message : error}`);
      }
    });
  }
}
