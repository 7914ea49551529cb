/**
 * The one Deno process that serves every function, on a unix socket. Started by FunctionProcess, which holds its stdin:
 * when that ends, the parent is gone, however it died, and this process ends too.
 */
import { DRAIN_COMMAND, type HostArguments, type HostReady, type LoadFailure, READY_PREFIX } from './host-protocol.ts';

type Handler = (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;
type Loaded = { handler: Handler } | { failure: LoadFailure };

const LOAD_TIMEOUT_MS = 10_000;
/** What Deno puts before the host name in the URL of a request that came by a unix socket. */
const UNIX_SCHEME = 'http+unix:';

const { socketPath, functions }: HostArguments = JSON.parse(Deno.args[0] ?? '');
const realServe = Deno.serve;
const background = new Set<Promise<unknown>>();
let served: Handler | undefined;

installPlatform();
const entries = new Map<string, Loaded>();
// One after another: Deno.serve says nothing about its caller, so only one module may be loading when it is called.
for (const source of functions) entries.set(source.name, await load(source));

const server = realServe({ path: socketPath, onListen: announce }, dispatch);
await obeyParent();

function installPlatform(): void {
  Deno.serve = captureServe as typeof Deno.serve;
  // Hosted functions have it: work that may go on after the response.
  Object.assign(globalThis, { EdgeRuntime: { waitUntil: keepAlive } });
  // A floating promise of one function must not take the others down.
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    console.error('unhandled rejection in a function:', event.reason);
  });
  addEventListener('error', (event) => {
    event.preventDefault();
    console.error('uncaught error in a function:', event.error);
  });
}

/** Stands in for Deno.serve while a function loads: takes its handler instead of listening. */
function captureServe(...args: unknown[]): Partial<Deno.HttpServer> {
  const handler =
    args.find((arg) => typeof arg === 'function') ?? (args[0] as { handler?: unknown } | undefined)?.handler;
  if (typeof handler !== 'function') throw new TypeError('Deno.serve needs a handler');
  served = handler as Handler;
  return { finished: new Promise(() => {}), ref() {}, unref() {}, shutdown: () => Promise.resolve() };
}

async function load({ name, file, url }: HostArguments['functions'][number]): Promise<Loaded> {
  served = undefined;
  try {
    const module = await within(LOAD_TIMEOUT_MS, import(url));
    const handler = served ?? fetchOf(module.default);
    if (!handler) throw new Error('it must either call Deno.serve(handler) or export default { fetch }');
    return { handler };
  } catch (error) {
    return { failure: { name, file, error: error instanceof Error ? error.message : String(error) } };
  }
}

function fetchOf(exported: unknown): Handler | undefined {
  if (typeof exported !== 'object' || exported === null || !('fetch' in exported)) return undefined;
  const { fetch } = exported;
  return typeof fetch === 'function' ? (request, info) => fetch.call(exported, request, info) : undefined;
}

async function dispatch(request: Request, info: Deno.ServeHandlerInfo): Promise<Response> {
  const name = functionName(request.url);
  const entry = entries.get(name);
  if (!entry) return refuse(404, { code: 'NOT_FOUND', message: `There is no function "${name}"` });
  if ('failure' in entry) {
    const { file, error } = entry.failure;
    return refuse(503, { code: 'BOOT_ERROR', message: `Function "${name}" failed to start: ${error}`, file, error });
  }
  try {
    const response = await entry.handler(new Request(`http:${request.url.slice(UNIX_SCHEME.length)}`, request), info);
    if (!(response instanceof Response)) throw new TypeError(`function "${name}" did not return a Response`);
    return response;
  } catch (error) {
    console.error(`function "${name}" threw:`, error);
    return refuse(500, { code: 'WORKER_ERROR', message: 'Function exited due to an error (please check logs)' });
  }
}

/** First path segment: `http+unix://host/api/backtests?x` is for `api`. */
function functionName(url: string): string {
  const start = url.indexOf('/', UNIX_SCHEME.length + 2) + 1;
  const length = url.slice(start).search(/[/?#]/);
  return length === -1 ? url.slice(start) : url.slice(start, start + length);
}

function refuse(status: number, body: Record<string, string>): Response {
  return Response.json(body, { status });
}

function keepAlive(work: Promise<unknown>): void {
  const settled = Promise.resolve(work).catch((error) => console.error('waitUntil of a function failed:', error));
  background.add(settled);
  settled.finally(() => background.delete(settled));
}

function announce(): void {
  const ready: HostReady = {
    loaded: [...entries].flatMap(([name, entry]) => ('handler' in entry ? [name] : [])),
    failures: [...entries.values()].flatMap((entry) => ('failure' in entry ? [entry.failure] : [])),
  };
  console.log(READY_PREFIX + JSON.stringify(ready));
}

async function obeyParent(): Promise<never> {
  const command = new TextDecoder();
  for await (const chunk of Deno.stdin.readable) {
    if (command.decode(chunk, { stream: true }).includes(DRAIN_COMMAND)) void drain();
  }
  Deno.exit(0);
}

async function drain(): Promise<void> {
  await server.shutdown();
  await Promise.all(background);
  Deno.exit(0);
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not load within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
