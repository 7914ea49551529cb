import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

/** A port the stack needs belongs to another program. */
export class PortInUseError extends Error {
  readonly code = 'port_in_use';
}

/** Throws PortInUseError, naming the owner where the system tells, unless the port is free on the loopback address. */
export async function assertPortFree(port: number, purpose: string, setting: string): Promise<void> {
  if (await isFree(port)) return;
  const owner = findPortOwner(port);
  const by = owner ? ` by ${owner.command} (pid ${owner.pid})` : '';
  throw new PortInUseError(
    `port ${port}, for ${purpose}, is in use${by}. Stop that program, or set another port in supabase/config.toml: ${setting}.`,
  );
}

/**
 * Ports for servers that start a moment later. They lie below those that systems hand to outgoing connections (from
 * 32768 on Linux, 49152 elsewhere): one of these could be taken in that moment.
 */
const PORT_RANGE = { first: 20_000, count: 12_000 };
const PORT_ATTEMPTS = 100;

/** A port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const port = PORT_RANGE.first + randomInt(PORT_RANGE.count);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${PORT_RANGE.first} on`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

function findPortOwner(port: number): { pid: number; command: string } | undefined {
  try {
    const pid = process.platform === 'linux' ? findListenerOnLinux(port) : findListenerByLsof(port);
    if (pid === undefined) return undefined;
    const command = execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return { pid, command };
  } catch {
    return undefined; // not allowed to look, or it has just ended
  }
}

function findListenerByLsof(port: number): number | undefined {
  const output = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8' });
  return Number(output.split('\n')[0]) || undefined;
}

function findListenerOnLinux(port: number): number | undefined {
  const listening = '0A';
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${hexPort}`) && fields[3] === listening) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.map(Number).find((pid) => holdsSocket(pid, inodes));
}

function holdsSocket(pid: number, inodes: Set<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false; // another user's process, or one that has just ended
  }
}
