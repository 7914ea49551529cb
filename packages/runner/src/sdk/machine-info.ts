import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';

/** What the owner of a runner is shown of the machine. */
export function machineInfoOf(name: string = hostname()): Record<string, string | number> {
  return {
    name,
    system: `${platform()} ${release()} ${arch()}`,
    cores: cpus().length,
    memory_mb: Math.round(totalmem() / 2 ** 20),
    node: process.version,
  };
}
