/** What a Realtime server has done since it started. */
export class Metrics {
  connectionsOpened = 0;
  joins = 0;
  joinsRefused = 0;
  messagesIn = 0;
  messagesOut = 0;
  bytesOut = 0;
  broadcastsFromDatabase = 0;
  broadcastsOverLimit = 0;
  slowClientsDropped = 0;
  /** Of the newest commit, from the commit to its arrival here, in milliseconds. */
  replicationLagMs = 0;
}

/** How things stand now. */
export interface Gauges {
  readonly connections: number;
  readonly channels: number;
  readonly postgresChangesSubscriptions: number;
  readonly postgresChangesMessages: number;
  /** Whether broadcasts from the database arrive. */
  readonly replicating: boolean;
}

/** Everything in the text format of Prometheus. */
export function prometheusText(metrics: Metrics, gauges: Gauges): string {
  const lines: [name: string, type: 'counter' | 'gauge', help: string, value: number][] = [
    ['connections', 'gauge', 'Websockets that are open.', gauges.connections],
    ['connections_opened_total', 'counter', 'Websockets opened.', metrics.connectionsOpened],
    ['channels', 'gauge', 'Channels that clients have joined.', gauges.channels],
    ['joins_total', 'counter', 'Joins accepted.', metrics.joins],
    ['joins_refused_total', 'counter', 'Joins refused.', metrics.joinsRefused],
    ['messages_in_total', 'counter', 'Messages received from clients.', metrics.messagesIn],
    ['messages_out_total', 'counter', 'Messages sent to clients.', metrics.messagesOut],
    ['output_bytes_total', 'counter', 'Bytes of the messages sent to clients.', metrics.bytesOut],
    ['broadcasts_from_database_total', 'counter', 'Rows of realtime.messages sent.', metrics.broadcastsFromDatabase],
    ['broadcasts_over_limit_total', 'counter', 'Broadcasts dropped by a rate limit.', metrics.broadcastsOverLimit],
    ['slow_clients_dropped_total', 'counter', 'Clients cut off for not reading.', metrics.slowClientsDropped],
    ['replication_lag_ms', 'gauge', 'From the newest commit to its arrival.', metrics.replicationLagMs],
    ['replication_up', 'gauge', 'Whether broadcasts from the database arrive.', gauges.replicating ? 1 : 0],
    [
      'postgres_changes_subscriptions',
      'gauge',
      'Subscriptions to changes of tables.',
      gauges.postgresChangesSubscriptions,
    ],
    [
      'postgres_changes_messages_total',
      'counter',
      'Changes of tables sent to clients.',
      gauges.postgresChangesMessages,
    ],
  ];
  return lines
    .map(([name, type, help, value]) => {
      const full = `realtime_${name}`;
      return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${full} ${value}\n`;
    })
    .join('');
}
