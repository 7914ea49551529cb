import { inspect } from 'node:util';

const SHOWN = '[secret]';

/** A text that shows itself to nobody by accident: not in a log, not as JSON, not in an error. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text. Hand it to what needs it, and keep it nowhere. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
