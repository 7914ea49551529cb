import { describe, expect, it } from 'vitest';
import { createTradebaseClient } from '../src/index.ts';

describe('A client for another machine', () => {
  it('is not made for http, over which passwords and tokens would travel in clear', () => {
    expect(() => createTradebaseClient('http://192.0.2.1:54321', 'sb_publishable_x')).toThrow(
      /http:\/\/192\.0\.2\.1:54321 is another machine.*https:\/\/.*allowPlainHttp: true/,
    );
  });

  it('is made for https, for this machine, and where that is allowed', () => {
    for (const url of ['https://192.0.2.1', 'http://localhost:54321', 'http://127.0.0.1:54321', 'http://[::1]:54321'])
      expect(createTradebaseClient(url, 'sb_publishable_x')).toHaveProperty('auth');
    const allowed = createTradebaseClient('http://192.0.2.1:54321', 'sb_publishable_x', { allowPlainHttp: true });
    expect(allowed).toHaveProperty('runs');
  });
});
