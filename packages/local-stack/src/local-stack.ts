import type { Server } from 'node:http';
import { readStackConfig } from './config/stack-config.ts';
import type { StackKeys } from './config/stack-keys.ts';
import { createTokenVerifier } from './config/verify-token.ts';
import { PostgresCluster } from './postgres/cluster.ts';
import { ensurePlatform } from './postgres/database.ts';
import { endLeftoverServer } from './postgres/end-leftover-server.ts';
import { migrate } from './postgres/migrate.ts';
import { assertPortFree } from './process/port-in-use.ts';
import { identifyProcess, type ProcessIdentity } from './process/process-identity.ts';
import { Restarter } from './process/restarter.ts';
import { listen, Services } from './services.ts';
import type { Log, StackContext } from './stack-context.ts';
import { loadStackKeys, openStackHome, type StackHome } from './state/stack-home.ts';
import { claimState, releaseState, updateState } from './state/stack-state.ts';

/** Steps of a start, for a progress display. */
export type StartStep = 'Postgres' | 'migrations' | 'services';

export interface LocalStackOptions {
  /** Folder that holds `supabase/`. */
  readonly projectDir: string;
  readonly log: Log;
  readonly onStep?: (step: StartStep) => void;
}

/** Notes a process that is to be ended when this one could not. */
type RecordChild = (name: string, pid: number | undefined) => void;

/** What a running stack is made of. */
interface StackParts {
  readonly context: StackContext;
  readonly cluster: PostgresCluster;
  readonly services: Services;
  readonly home: StackHome;
  readonly recordChild: RecordChild;
}

/** The persistent stack of a project, on the ports of its config.toml. */
export class LocalStack {
  readonly keys: StackKeys;
  readonly apiUrl: string;
  /** Connection URL of the role `postgres`. */
  readonly databaseUrl: string;
  #cluster: PostgresCluster;
  #services: Services;
  #home: StackHome;
  #log: Log;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  readonly #postgresWatch: Promise<void>;

  private constructor(parts: StackParts) {
    this.keys = parts.context.keys;
    this.apiUrl = parts.context.apiUrl;
    this.databaseUrl = parts.context.databaseUrl('postgres');
    this.#cluster = parts.cluster;
    this.#services = parts.services;
    this.#home = parts.home;
    this.#log = parts.context.log;
    this.#postgresWatch = this.#watchPostgres(parts.recordChild);
  }

  /**
   * Boots Postgres, applies pending migrations and starts the services. Throws StackAlreadyUpError, PortInUseError, or
   * what the failing part said; nothing is left running then.
   */
  static async start({ projectDir, log, onStep }: LocalStackOptions): Promise<LocalStack> {
    const config = readStackConfig(projectDir);
    const home = openStackHome(projectDir);
    const apiUrl = `http://127.0.0.1:${config.api.port}`;
    const databaseUrl = `postgresql://postgres:postgres@127.0.0.1:${config.db.port}/postgres`;
    await claimState(home.statePath, { apiUrl, databaseUrl });
    const cleanUp: (() => Promise<unknown> | unknown)[] = [() => releaseState(home.statePath)];
    try {
      await endLeftoverServer(home.postgresDir);
      await assertPortFree(config.api.port, 'the API', '[api] port');
      await assertPortFree(config.db.port, 'Postgres', '[db] port');
      const keys = await loadStackKeys(home);
      const server = await listen(config.api.port);
      cleanUp.unshift(() => closeServer(server));
      onStep?.('Postgres');
      const cluster = await PostgresCluster.start({
        dir: home.postgresDir,
        port: config.db.port,
        passwords: keys.passwords,
        durable: true,
      });
      cleanUp.unshift(() => cluster.stop());
      const children: ProcessIdentity[] = [];
      const recordChild: RecordChild = (name, pid) => {
        const child = pid ? identifyProcess(name, pid) : undefined;
        if (child) children.push(child);
        updateState(home.statePath, { children });
      };
      recordChild('postgres', cluster.pid);
      await ensurePlatform(cluster, 'postgres');
      onStep?.('migrations');
      await migrate(cluster, 'postgres', projectDir);
      onStep?.('services');
      const context: StackContext = {
        config,
        keys,
        verifyToken: await createTokenVerifier(keys),
        apiUrl,
        database: 'postgres',
        databaseUrl: (role) => cluster.urlFor(role),
        log,
      };
      const services = await Services.start(server, context, {
        functions: true,
        watch: true,
        onChild: recordChild,
        onSocketDir: (socketDir) => updateState(home.statePath, { socketDir }),
      });
      updateState(home.statePath, { ready: true });
      return new LocalStack({ context, cluster, services, home, recordChild });
    } catch (error) {
      for (const step of cleanUp) await step();
      throw error;
    }
  }

  /** Stops services, then Postgres, then gives up the state file. Safe to call twice. */
  stop(): Promise<void> {
    this.#closed ??= (async () => {
      this.#closing.abort();
      await this.#services.close();
      await this.#cluster.stop();
      await this.#postgresWatch;
      releaseState(this.#home.statePath);
    })();
    return this.#closed;
  }

  /** Starts Postgres again whenever it dies; the services reconnect by themselves. */
  async #watchPostgres(recordChild: RecordChild): Promise<void> {
    const { signal } = this.#closing;
    const restarter = new Restarter({
      signal,
      onFailure: (reason) => this.#log('postgres', `Postgres does not start: ${reason}`),
    });
    for (;;) {
      await this.#cluster.exited;
      if (signal.aborted) return;
      this.#log('postgres', 'Postgres ended unexpectedly; starting it again');
      await restarter.restart(() => this.#cluster.restart());
      if (signal.aborted) await this.#cluster.stop();
      else recordChild('postgres', this.#cluster.pid);
    }
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
