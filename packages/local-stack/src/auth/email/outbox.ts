/** An e-mail that hosted Auth would have sent. */
export interface OutgoingEmail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Empty where the e-mail carries none, as a notice does. */
  readonly link: string;
  readonly otp: string;
  readonly sent_at: string;
}

const CAPACITY = 500;

/** The last e-mails, in memory: the local stack sends none. */
export class Outbox {
  readonly #emails: OutgoingEmail[] = [];

  add(email: OutgoingEmail): void {
    this.#emails.unshift(email);
    this.#emails.length = Math.min(this.#emails.length, CAPACITY);
  }

  /** Newest first. */
  list(): readonly OutgoingEmail[] {
    return this.#emails;
  }
}
