import { z } from 'zod';

/** A decision that changed when the bars after it were taken away: it had used them. */
export const LookAheadFinding = z.strictObject({
  ts: z.number().describe('Open time of the bar at whose close was decided, in milliseconds'),
  cut_ts: z.number().describe('Open time of the last bar that was left'),
  with_future: z.string().nullable().describe('What was decided with all bars; null for nothing'),
  without_future: z.string().nullable().describe('What was decided without the bars after the cut; null for nothing'),
});
export type LookAheadFinding = z.infer<typeof LookAheadFinding>;

/** How much decisions depend on how long before them the candles begin. */
export const WarmUpFinding = z.strictObject({
  start_up_bars: z.int().min(0).describe('Bars before the first one compared'),
  compared_bars: z.int().min(0),
  differing_bars: z.int().min(0).describe('Bars at which something else was decided than with the longest history'),
  differing_pct: z.number(),
});
export type WarmUpFinding = z.infer<typeof WarmUpFinding>;

/** Whether a strategy looks into the future, and how long it takes to settle. */
export const BiasReport = z.strictObject({
  looks_ahead: z.boolean(),
  cuts: z.int().min(0).describe('At how many bars the future was taken away'),
  bars: z.int().min(0),
  decisions: z.int().min(0).describe('With all bars. Where there are none, nothing could be found'),
  look_ahead: z.array(LookAheadFinding).describe('The first finding of each cut that has one, at most 100'),
  warm_up_bars: z.int().min(0).describe('What the strategy declares'),
  warm_up: z.array(WarmUpFinding),
  settled_after_bars: z
    .int()
    .nullable()
    .describe('Shortest start-up from which on decisions no longer changed; null where they did at the longest too'),
  depends_on_state: z
    .boolean()
    .describe('Whether decisions depend on what was traded before, so that the warm-up says less'),
  unchecked_columns: z
    .array(z.string())
    .describe('Columns such as predictions that came with the candles: how they were made, no check can see'),
});
export type BiasReport = z.infer<typeof BiasReport>;
