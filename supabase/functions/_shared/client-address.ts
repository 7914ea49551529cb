/** Where a request came from, as the gateway says; null where it does not. Good for limits, not for proof. */
export function clientAddress(request: Request): string | null {
  const first = request.headers.get('x-forwarded-for')?.split(',')[0]?.trim();
  return first ? first.slice(0, 64) : null;
}
