import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, fchownSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { killAtExit } from '../process/kill-at-exit.ts';
import { findPostgresBinaries, type PostgresBinaries } from './binaries.ts';
import { withClient } from './database.ts';
import { clusterSql } from './platform-sql.ts';
import { makeDirFor, makePassageDir, makePrivateDir } from './private-dir.ts';
import { chooseRunAs, exposeBinaries, type RunAs } from './run-as.ts';
import { scramVerifier } from './scram.ts';

/** Passwords of the login roles of a cluster. */
export interface ClusterPasswords {
  readonly supabase_admin: string;
  readonly postgres: string;
  readonly authenticator: string;
  readonly supabase_auth_admin: string;
  readonly supabase_realtime_admin: string;
}
export type LoginRole = keyof ClusterPasswords;

export function newPasswords(): ClusterPasswords {
  const random = () => randomBytes(24).toString('base64url');
  return {
    supabase_admin: random(),
    // The password of the official local stack; Postgres listens on the loopback address only.
    postgres: 'postgres',
    authenticator: random(),
    supabase_auth_admin: random(),
    supabase_realtime_admin: random(),
  };
}

export interface ClusterOptions {
  /** Folder for the data and the log; made if absent. */
  readonly dir: string;
  readonly port: number;
  readonly passwords: ClusterPasswords;
  /** False trades safety against a crash of the machine for speed: for tests. */
  readonly durable: boolean;
}

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 10;

/** One Postgres server with the platform's roles. */
export class PostgresCluster {
  readonly options: ClusterOptions;
  #process: ChildProcess;
  #exited: Promise<unknown>;

  private constructor(options: ClusterOptions, child: ChildProcess) {
    this.options = options;
    this.#process = child;
    this.#exited = once(child, 'exit');
    killAtExit(child, 'SIGQUIT');
  }

  /** Initialises the folder where needed, starts the server, and waits until it accepts connections. */
  static async start(options: ClusterOptions): Promise<PostgresCluster> {
    const runAs = chooseRunAs();
    // Root keeps the folder, and the other user owns the data alone: what root writes beside it must not be a link of his.
    if (runAs) makePassageDir(options.dir);
    else makePrivateDir(options.dir);
    let binaries = await findPostgresBinaries();
    if (runAs) binaries = exposeBinaries(binaries, join(options.dir, 'postgres'));
    // A folder is marked only when its roles exist, so that a first start cut short begins anew.
    const marker = join(options.dir, 'initialised');
    const fresh = !existsSync(marker);
    if (fresh) await initialise(options, binaries, runAs);
    const cluster = new PostgresCluster(options, launch(options, binaries, runAs));
    try {
      await cluster.#ready();
      if (fresh) {
        await cluster.#createRoles();
        writeFileSync(marker, `${new Date().toISOString()}\n`);
      }
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Resolves when the server ends, asked to or not. */
  get exited(): Promise<unknown> {
    return this.#exited;
  }

  /** Connection URL of a role, for this machine only. */
  urlFor(role: LoginRole, database = 'postgres'): string {
    return `postgresql://${role}:${this.options.passwords[role]}@127.0.0.1:${this.options.port}/${database}`;
  }

  /** Stops the server and starts it again on the same data and port, as an operator would. */
  async restart(between?: () => Promise<void>): Promise<void> {
    await this.stop();
    await between?.();
    const next = await PostgresCluster.start(this.options);
    this.#process = next.#process;
    this.#exited = next.#exited;
  }

  /** Fast shutdown: open transactions roll back, and the data folder is clean. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGINT');
    const cancel = new AbortController();
    const late = delay(STOP_TIMEOUT_MS, 'late', { signal: cancel.signal }).catch(() => 'stopped');
    if ((await Promise.race([this.#exited, late])) === 'late') {
      this.#process.kill('SIGQUIT');
      await this.#exited;
    }
    cancel.abort();
  }

  async #ready(): Promise<void> {
    const pidFile = join(this.options.dir, 'data', 'postmaster.pid');
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
        throw new Error(`Postgres ended while starting:\n${lastLines(logPath(this.options))}`);
      }
      // The eighth line is the server's state, and the first its pid: a file left by a killed server has another.
      const lines = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').split('\n') : [];
      if (Number(lines[0]) === this.#process.pid && lines[7]?.trim() === 'ready') return;
      if (Date.now() > deadline) {
        throw new Error(
          `Postgres was not ready after ${START_TIMEOUT_MS / 1000} s:\n${lastLines(logPath(this.options))}`,
        );
      }
      await delay(POLL_MS);
    }
  }

  async #createRoles(): Promise<void> {
    await withClient(this, 'supabase_admin', 'postgres', async (client) => {
      const passwords = Object.entries(this.options.passwords)
        .filter(([role]) => role !== 'supabase_admin')
        .map(([role, password]) => `alter role ${role} password '${scramVerifier(password)}';`);
      await client.query(`begin;\n${clusterSql()}\n${passwords.join('\n')}\ncommit;`);
    });
  }
}

async function initialise(
  { dir, passwords }: ClusterOptions,
  binaries: PostgresBinaries,
  runAs: RunAs | undefined,
): Promise<void> {
  const data = join(dir, 'data');
  rmSync(data, { recursive: true, force: true });
  if (runAs) makeDirFor(data, runAs);
  const passwordFile = join(dir, 'initdb.password');
  rmSync(passwordFile, { force: true });
  writeFileFor(passwordFile, `${passwords.supabase_admin}\n`, runAs);
  const child = spawn(
    binaries.initdb,
    [
      `--pgdata=${data}`,
      '--username=supabase_admin',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    { ...runAs, cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'exit').finally(() => rmSync(passwordFile, { force: true }));
  if (code !== 0) throw new Error(`initdb failed with code ${code}:\n${output}`);
}

/** Writes a new file that only the given user may read. */
function writeFileFor(path: string, content: string, runAs: RunAs | undefined): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, content);
    if (runAs) fchownSync(file, runAs.uid, runAs.gid);
  } finally {
    closeSync(file);
  }
}

function launch(options: ClusterOptions, binaries: PostgresBinaries, runAs: RunAs | undefined): ChildProcess {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port: options.port,
    unix_socket_directories: '',
    wal_level: 'logical',
    max_connections: 200,
    max_wal_senders: 64,
    max_replication_slots: 64,
    shared_preload_libraries: 'pg_stat_statements',
    shared_buffers: '256MB',
    max_wal_size: '4GB',
    fsync: options.durable ? 'on' : 'off',
    full_page_writes: options.durable ? 'on' : 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // JIT costs more than it gives on the short queries of an API.
    jit: 'off',
  };
  const log = openSync(logPath(options), 'a', 0o600);
  // A process group of its own, so that Ctrl-C in a terminal reaches the supervisor alone, which stops things in order.
  return spawn(
    binaries.postgres,
    [
      '-D',
      join(options.dir, 'data'),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...runAs, cwd: options.dir, detached: true, stdio: ['ignore', log, log] },
  );
}

function logPath({ dir }: ClusterOptions): string {
  return join(dir, 'postgres.log');
}

function lastLines(path: string, count = 15): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
