/**
 * Runner SDK: what a program needs to execute bots for their owner.
 * @module
 */
export {};
