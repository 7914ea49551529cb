/** A key, or what was asked of it, is not as it should be; the message says what would be. */
export class KeyError extends Error {}
