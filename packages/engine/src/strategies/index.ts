/**
 * What it takes to read and check strategies, and no more: loads in half the time of the whole engine.
 * @module
 */
export { BUILT_IN_STRATEGIES } from './built-in/registry.generated.ts';
export { checkStrategySpec, resolveStrategy } from './resolve-strategy.ts';
