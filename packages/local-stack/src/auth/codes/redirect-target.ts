import type { AuthServices } from '../auth-services.ts';

const MAX_LENGTH = 2048;

/**
 * Where a link in an e-mail leads in the end: `redirect_to` where the project allows it, else the site. Allowed are the
 * site itself and what `additional_redirect_urls` matches. `redirect_to` is a parameter of the address; what a body says
 * comes first.
 */
export function redirectTarget({ config }: Pick<AuthServices, 'config'>, request: Request, inBody?: string): string {
  const inAddress = new URL(request.url).searchParams.get('redirect_to') ?? '';
  const wanted = inBody && isAllowed(inBody, config.siteUrl, config.redirectUrls) ? inBody : inAddress;
  return isAllowed(wanted, config.siteUrl, config.redirectUrls) ? wanted : config.siteUrl;
}

function isAllowed(wanted: string, siteUrl: string, patterns: readonly string[]): boolean {
  if (!URL.canParse(wanted) || wanted.length > MAX_LENGTH) return false;
  if (URL.canParse(siteUrl) && sameSite(new URL(wanted), new URL(siteUrl))) return true;
  const [asGiven = ''] = wanted.split('#');
  // As a browser reads it: a host of digits is an address, and ends at a `?` or `\` that a `*` would take.
  const [asRead = ''] = new URL(wanted).href.split('#');
  return patterns.some(
    (pattern) => matchesPattern(asGiven, pattern) && (asRead === `${asGiven}/` || matchesPattern(asRead, pattern)),
  );
}

/** The port is free on this machine, because native apps take any (RFC 8252, section 7.3). */
function sameSite(wanted: URL, site: URL): boolean {
  const samePort = wanted.port === site.port || ['localhost', '127.0.0.1', '[::1]'].includes(site.hostname);
  // A user name before the host can make one site's address read like another's.
  return wanted.protocol === site.protocol && wanted.hostname === site.hostname && samePort && !wanted.username;
}

/** `*` and `?` stop at the separators `.` and `/`; `**` does not. */
function matchesPattern(url: string, pattern: string): boolean {
  const source = pattern
    .split(/(\*\*|\*|\?)/)
    .map((part) => {
      if (part === '**') return '.*';
      if (part === '*') return '[^./]*';
      return part === '?' ? '[^./]' : RegExp.escape(part);
    })
    .join('');
  return new RegExp(`^${source}$`).test(url);
}
