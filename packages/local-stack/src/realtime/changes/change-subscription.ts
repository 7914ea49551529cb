import type { TokenClaims } from '../../config/verify-token.ts';
import type { Frame, Serializer } from '../serializer.ts';
import type { ChangeRequest } from './change-request.ts';

/** Who hears of changes: a channel of a client. */
export interface ChangeListener {
  /** The channel's topic, `realtime:<name>`. */
  readonly topic: string;
  readonly serializer: Serializer;
  sendFrame(frame: Frame): void;
}

/** One request of a channel, in force under the claims of its token. */
export interface ChangeSubscription {
  /** What the client was given for it when it joined. */
  readonly id: number;
  readonly listener: ChangeListener;
  readonly request: ChangeRequest;
  readonly claims: TokenClaims;
  /** Equal for subscriptions whose row policies answer alike. */
  readonly claimsKey: string;
  /** Equal for subscriptions with the same filters; empty without any. */
  readonly filterKey: string;
}
