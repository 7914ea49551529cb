import { readdirSync, readFileSync } from 'node:fs';

/** MB of each part of a stack: of the gateway's process with Auth and Realtime, of PostgREST, of all of Postgres and so on. */
export type MemoryOfParts = Readonly<Record<string, number>>;

/**
 * MB of processes, with all of their descendants that bear other names. Memory that processes share counts once, by the
 * share of each (PSS): the resident sizes of Postgres' processes would count its buffers many times. Empty where there is no /proc.
 */
export function memoryOf(processes: readonly { readonly name: string; readonly pid: number }[]): MemoryOfParts {
  if (process.platform !== 'linux') return {};
  const parents = parentsOfAll();
  const known = new Map(processes.map(({ pid, name }) => [pid, name]));
  const memory: Record<string, number> = {};
  for (const pid of parents.keys()) {
    const name = partOf(pid, known, parents);
    if (name) memory[name] = (memory[name] ?? 0) + proportionalKb(pid) / 1024;
  }
  return memory;
}

/** Name of the nearest known process among one and its ancestors. */
function partOf(
  pid: number,
  known: ReadonlyMap<number, string>,
  parents: ReadonlyMap<number, number>,
): string | undefined {
  for (let at: number | undefined = pid; at !== undefined; at = parents.get(at)) {
    const name = known.get(at);
    if (name) return name;
  }
  return undefined;
}

function parentsOfAll(): Map<number, number> {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = read(`/proc/${entry}/stat`);
    // The name, in parentheses, may hold spaces. After it: the state, then the parent.
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    if (parent) parents.set(Number(entry), Number(parent));
  }
  return parents;
}

function proportionalKb(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** Empty for a process that has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
