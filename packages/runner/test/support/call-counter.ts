import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';

type Moment = 'before' | 'after';

/** Calls that change the ledger of a run. */
const WRITES = /\/rpc\/(report_run|submit_order_intents|reconcile_run|acknowledge_command)$/;

/** A line to a server that stops at a call: before the server has it, or after, with the answer still to come. */
export class CallCounter {
  readonly #target: URL;
  readonly #server: Server;
  #callsLeft = Infinity;
  #moment: Moment = 'before';
  #reached = Promise.withResolvers<void>();
  #isStopped = false;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((incoming, outgoing) => {
      const isCounted = WRITES.test(incoming.url ?? '');
      if (isCounted) this.#callsLeft -= 1;
      const isLast = isCounted && this.#callsLeft === 0;
      if (this.#isStopped || (isLast && this.#moment === 'before')) return this.#stop();
      const { method, url: path, headers } = incoming;
      const onward = request(
        { host: this.#target.hostname, port: this.#target.port, method, path, headers },
        (answer) => {
          if (this.#isStopped || isLast) {
            answer.resume();
            answer.on('end', () => this.#stop());
            return;
          }
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(outgoing);
        },
      );
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    });
  }

  static async to(url: string): Promise<CallCounter> {
    const line = new CallCounter(new URL(url));
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  #stop(): void {
    this.#isStopped = true;
    this.#reached.resolve();
  }

  /** Resolves when so many calls have been made; from then on nothing gets through. */
  untilCall(calls: number, moment: Moment): Promise<void> {
    this.letThrough();
    this.#callsLeft = calls;
    this.#moment = moment;
    return this.#reached.promise;
  }

  /** Everything gets through again. */
  letThrough(): void {
    this.#isStopped = false;
    this.#callsLeft = Infinity;
    this.#reached = Promise.withResolvers();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
