import { errors, importJWK, type JWSHeaderParameters, type JWTPayload, jwtVerify } from 'jose';
import { publicSigningKey, type StackKeys } from './stack-keys.ts';

/** Claims of a token whose signature and times are good. */
export interface TokenClaims extends JWTPayload {
  role: string;
  exp: number;
}

export type VerifyToken = (token: string) => Promise<TokenClaims>;

/** How many verified tokens are remembered; the oldest leave first. */
const CACHE_SIZE = 10_000;

/**
 * A verifier for the stack's own tokens: ES256 by the signing key, HS256 by the legacy secret. A good token is verified
 * once and then remembered until it expires. Rejects with jose's error for anything else.
 */
export async function createTokenVerifier(keys: StackKeys): Promise<VerifyToken> {
  const es256 = await importJWK(publicSigningKey(keys), 'ES256');
  const hs256 = Buffer.from(keys.hs256Secret);
  const keyFor = ({ alg, kid }: JWSHeaderParameters) => {
    if (alg === 'HS256') return hs256;
    // A token of a key that was rotated away, or of another project, even were its signature good.
    if (kid !== keys.signingKey.kid) throw new errors.JWKSNoMatchingKey();
    return es256;
  };
  const verified = new Map<string, TokenClaims>();
  return async (token) => {
    const known = verified.get(token);
    if (known) {
      if (known.exp * 1000 > Date.now()) return known;
      verified.delete(token);
    }
    const { payload } = await jwtVerify(token, keyFor, {
      algorithms: ['ES256', 'HS256'],
      requiredClaims: ['exp', 'role'],
    });
    const claims = payload as TokenClaims;
    if (verified.size >= CACHE_SIZE) {
      const oldest = verified.keys().next().value;
      if (oldest !== undefined) verified.delete(oldest);
    }
    verified.set(token, claims);
    return claims;
  };
}
