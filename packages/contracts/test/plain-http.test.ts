import { describe, expect, it } from 'vitest';
import { isPlainHttpBeyondLoopback } from '../src/index.ts';

describe('Plain http', () => {
  it.each([
    'http://localhost:54321',
    'http://LOCALHOST',
    'http://127.0.0.1:54321/',
    'http://127.9.8.7',
    'http://2130706433',
    'http://0x7f.1',
    'http://[::1]:54321',
    'http://[0:0:0:0:0:0:0:1]',
    'https://x.supabase.co',
    'https://192.168.1.2',
    'no address',
  ])('goes to no other machine with %s', (url) => {
    expect(isPlainHttpBeyondLoopback(url)).toBe(false);
  });

  it.each([
    'http://192.168.1.2:54321',
    'http://x.supabase.co',
    'HTTP://x.supabase.co',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1@example.com',
    'http://example.com#localhost',
    'http://0.0.0.0',
    'http://128.0.0.1',
    'http://[::2]',
    'http://[::ffff:127.0.0.1]',
    'http:example.com',
    '  http://example.com',
  ])('goes to another machine with %s', (url) => {
    expect(isPlainHttpBeyondLoopback(url)).toBe(true);
  });
});
