/**
 * Where a request came from, as the gateway says; null where it does not. Hosted Supabase is behind Cloudflare, which writes
 * the first header itself and appends to what the client put into the second.
 */
export function clientAddress(request: Request): string | null {
  const first =
    request.headers.get('cf-connecting-ip') ?? request.headers.get('x-forwarded-for')?.split(',')[0]?.trim();
  return first ? first.slice(0, 64) : null;
}
