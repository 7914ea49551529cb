import { Secret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';
import { invalid } from '../requests/auth-error.ts';

/** What every authenticator app knows without being told; hosted Auth's choice. */
const PARAMETERS = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
const SECRET_BYTES = 20;

/** Steps of 30 s by which the app's clock may differ from ours. */
const WINDOW = 1;

/** Bytes that a QR code holds at the level M. */
const MAX_URI_LENGTH = 2331;
const QR_OPTIONS = { ecc: 'M', pixelSize: 3, border: 4 } as const;

/** A new key, as it is shown once to the user. */
export interface TotpKey {
  /** In base 32. */
  readonly secret: string;
  /** `otpauth://totp/...`: https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
  readonly uri: string;
  /** The URI as an SVG image. It has no `#`, which would end a data URL. */
  readonly qrCode: string;
}

export function newTotpKey(issuer: string, account: string): TotpKey {
  const secret = new Secret({ size: SECRET_BYTES });
  const uri = new TOTP({ ...PARAMETERS, issuer, label: account, secret }).toString();
  if (uri.length > MAX_URI_LENGTH) throw invalid('issuer is too long for a QR code');
  return { secret: secret.base32, uri, qrCode: renderSVG(uri, QR_OPTIONS) };
}

/** The time step, in periods since 1970, whose code this is: now's or a neighbour's. Undefined for a wrong code. */
export function matchTimeStep(secret: string, code: string, now: Date): number | undefined {
  const token = code.trim();
  if (!/^\d{6}$/.test(token) || secret === '') return undefined;
  const timestamp = now.getTime();
  const delta = TOTP.validate({ ...PARAMETERS, token, secret: Secret.fromBase32(secret), timestamp, window: WINDOW });
  return delta === null ? undefined : TOTP.counter({ ...PARAMETERS, timestamp }) + delta;
}
