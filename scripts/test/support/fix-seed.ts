import { configureGlobal } from 'fast-check';

/** Any number will do. Property tests try the same cases each time, so that a run fails for what changed alone. */
const SEED = 20_261_121;

// Another one tries other cases: TRADEBASE_TEST_SEED=$RANDOM npx vitest run packages/engine
configureGlobal({ seed: Number(process.env.TRADEBASE_TEST_SEED ?? SEED) });
