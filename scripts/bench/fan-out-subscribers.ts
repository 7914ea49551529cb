import { parentPort, workerData } from 'node:worker_threads';

/** What the thread of subscribers is told when it starts. */
export interface FanOutOrder {
  /** Address of the websocket, with the key. */
  readonly url: string;
  readonly topic: string;
  readonly subscribers: number;
}

/** What it tells: that all have joined, and then, for each broadcast, when each subscriber had it. */
export type FanOutReport = { readonly joined: true } | { readonly receivedAt: number[] };

/** A thread of its own, so that the subscribers' work does not delay the server that they measure. */
if (parentPort) await subscribe(workerData as FanOutOrder, (report) => parentPort?.postMessage(report));

async function subscribe({ url, topic, subscribers }: FanOutOrder, report: (report: FanOutReport) => void) {
  let receivedAt: number[] = [];
  const received = () => {
    receivedAt.push(performance.timeOrigin + performance.now());
    if (receivedAt.length < subscribers) return;
    report({ receivedAt });
    receivedAt = [];
  };
  // One after another: a thousand joins at once would measure the joins.
  for (let i = 0; i < subscribers; i += 1) await join(url, topic, received);
  report({ joined: true });
}

/** Opens one websocket and joins the topic; every later binary frame is a broadcast. */
function join(url: string, topic: string, received: () => void): Promise<void> {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  return new Promise((resolve, reject) => {
    socket.onopen = () =>
      socket.send(JSON.stringify(['1', '1', `realtime:${topic}`, 'phx_join', { config: { private: true } }]));
    socket.onerror = () => reject(new Error('a subscriber was not let in'));
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') received();
      else if (data.includes('"status":"ok"')) resolve();
      else reject(new Error(`a subscriber could not join: ${data}`));
    };
  });
}
