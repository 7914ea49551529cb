const ROUNDS = 64;
const BLOCK_BYTES = 64;

/** The first bits of the fractional parts of the cube roots of the first 64 primes, and square roots of the first 8 (FIPS 180-4). */
const ROUND_CONSTANTS = new Uint32Array(ROUNDS);
const INITIAL_STATE = new Uint32Array(8);

/** Bits 0 to 31 of the fraction of a root, found exactly: the largest n with n^power <= prime * 2^(32 * power). */
function fractionOfRoot(prime: number, power: bigint): number {
  const target = BigInt(prime) << (32n * power);
  let root = 0n;
  for (let bit = 40n; bit >= 0n; bit--) {
    const candidate = root | (1n << bit);
    let product = candidate;
    for (let i = 1n; i < power; i++) product *= candidate;
    if (product <= target) root = candidate;
  }
  return Number(root & 0xffffffffn);
}

for (let prime = 2, found = 0; found < ROUNDS; prime++) {
  let isPrime = true;
  for (let divisor = 2; divisor * divisor <= prime; divisor++) if (prime % divisor === 0) isPrime = false;
  if (!isPrime) continue;
  ROUND_CONSTANTS[found] = fractionOfRoot(prime, 3n);
  if (found < 8) INITIAL_STATE[found] = fractionOfRoot(prime, 2n);
  found += 1;
}

/** SHA-256 (FIPS 180-4) of bytes that come in pieces. Pure, so that every platform gives it at once and without waiting. */
export class Sha256 {
  readonly #state = INITIAL_STATE.slice();
  readonly #schedule = new Int32Array(ROUNDS);
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #bytes = 0;

  update(bytes: Uint8Array): this {
    this.#bytes += bytes.length;
    let from = 0;
    while (from < bytes.length) {
      const taken = Math.min(BLOCK_BYTES - this.#filled, bytes.length - from);
      this.#block.set(bytes.subarray(from, from + taken), this.#filled);
      this.#filled += taken;
      from += taken;
      if (this.#filled < BLOCK_BYTES) break;
      this.#compress();
      this.#filled = 0;
    }
    return this;
  }

  text(text: string): this {
    return this.update(new TextEncoder().encode(text));
  }

  /** The hash as 64 hexadecimal digits. Ends it. */
  digest(): string {
    const bits = BigInt(this.#bytes) * 8n;
    const padding = new Uint8Array((this.#filled < 56 ? 56 : 120) - this.#filled + 8);
    padding[0] = 0x80;
    new DataView(padding.buffer).setBigUint64(padding.length - 8, bits);
    this.update(padding);
    return Array.from(this.#state, (word) => word.toString(16).padStart(8, '0')).join('');
  }

  #compress(): void {
    const w = this.#schedule;
    const block = this.#block;
    for (let i = 0; i < 16; i++) {
      const at = 4 * i;
      w[i] =
        ((block[at] as number) << 24) |
        ((block[at + 1] as number) << 16) |
        ((block[at + 2] as number) << 8) |
        (block[at + 3] as number);
    }
    for (let i = 16; i < ROUNDS; i++) {
      const x = w[i - 15] as number;
      const y = w[i - 2] as number;
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
    }
    this.#mix(w);
  }

  #mix(w: Int32Array): void {
    const state = this.#state;
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let i = 0; i < ROUNDS; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const choice = (e & f) ^ (~e & g);
      const t1 = (h + s1 + choice + (ROUND_CONSTANTS[i] as number) + (w[i] as number)) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + s0 + majority) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      state[i] = (state[i] as number) + word;
    });
  }
}

function rotate(x: number, bits: number): number {
  return (x >>> bits) | (x << (32 - bits));
}
