export { readStackConfig } from './config/stack-config.ts';
export type { StackKeys } from './config/stack-keys.ts';
export { LocalStack, type LocalStackOptions, type StartStep } from './local-stack.ts';
export { runCli } from './postgres/migrate.ts';
export { scramVerifier } from './postgres/scram.ts';
export { PortInUseError } from './process/port-in-use.ts';
export type { Log } from './stack-context.ts';
export { loadStackKeys, openStackHome } from './state/stack-home.ts';
export { readRunningState, StackAlreadyUpError, type StackState } from './state/stack-state.ts';
