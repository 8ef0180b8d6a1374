import { isLoopbackName } from './hosts.js';

/** An origin as it is compared: lower case, with the port written out where the scheme has a usual one. */
interface Origin {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

/** `null` is what a sandboxed page, a file and a redirect say: it names nobody. */
const ORIGIN = /^([a-z][a-z0-9+.-]*):(?:\/\/(\[[0-9a-f:.]+\]|[^\s/?#@:,A-Z]*)(?::(\d{1,5}|\*))?)?$/;
const USUAL_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };
const isWeb = (scheme: string): boolean => Object.hasOwn(USUAL_PORTS, scheme);

/** Why a text is no entry of `allowedOrigins`. @returns `undefined` for one that is. */
export function originPatternProblem(pattern: string): string | undefined {
  if (pattern === '*') return 'would let every page on the web call the gateway: list the sites.';
  if (pattern === 'null') return 'names nobody: sandboxed pages, files and redirects all say null.';
  const parsed = partsOf(pattern);
  if (parsed === undefined)
    return 'is not an origin: scheme, host and port only, in lower case, such as https://claude.ai or app://obsidian.md.';
  const { scheme, host, port } = parsed;
  if (!isWeb(scheme)) return hostPatternFits(host) ? undefined : 'has a * in the middle of its host.';
  if (host === '' || host === '*' || !hostPatternFits(host))
    return 'names no host: a site of the web is written out, or *.domain for all hosts below it.';
  if (/^\*\.[^.]*$/.test(host)) return 'names a whole top-level domain.';
  if (port === '*' && !isLoopbackName(host)) return 'has any port: only origins on localhost may.';
  const name = host.replace('*.', '');
  return URL.parse(`${scheme}://${name}`)?.hostname === name
    ? undefined
    : 'has a host in another spelling than browsers send.';
}

/**
 * Whether the pages of an origin may call. Of a pattern, `*.` stands for any host below a domain, `*` as the port for any
 * port, and a scheme of an application without a host (`vscode-webview:`) for all of its pages.
 * @param origin an `Origin` header (RFC 6454 section 7)
 */
export function matchesOrigin(patterns: readonly string[], origin: string): boolean {
  const asked = partsOf(origin);
  if (asked === undefined || asked.host.includes('*') || asked.port === '*') return false;
  return patterns.some((pattern) => {
    const allowed = partsOf(pattern);
    return (
      allowed !== undefined &&
      allowed.scheme === asked.scheme &&
      (allowed.port === '*' || allowed.port === asked.port) &&
      hostMatches(allowed, asked.host)
    );
  });
}

function hostMatches({ scheme, host }: Origin, asked: string): boolean {
  if (!isWeb(scheme) && (host === '' || host === '*')) return true;
  return host.startsWith('*.')
    ? asked.endsWith(host.slice(1)) && asked.length > host.length - 1
    : host === asked;
}

const hostPatternFits = (host: string): boolean => host === '*' || !host.replace(/^\*\./, '').includes('*');

function partsOf(text: string): Origin | undefined {
  const [, scheme, host = '', port] = ORIGIN.exec(text) ?? [];
  return scheme === undefined
    ? undefined
    : { scheme, host, port: port ?? (isWeb(scheme) ? USUAL_PORTS[scheme] : '') ?? '' };
}

/**
 * The origins whose pages may call this gateway: its own, those that are listed, and on localhost all of this machine
 * (development servers have a port of their own each time).
 */
export class AllowedOrigins {
  readonly #own: ReadonlySet<string>;
  readonly #isLocal: boolean;

  /** @param own URLs of this gateway. */
  constructor(
    own: readonly string[],
    private readonly listed: readonly string[],
  ) {
    this.#own = new Set(own.map((url) => new URL(url).origin));
    this.#isLocal = own.every((url) => isLoopbackName(new URL(url).hostname));
  }

  allow(origin: string): boolean {
    if (this.#own.has(origin) || matchesOrigin(this.listed, origin)) return true;
    const { scheme, host } = partsOf(origin) ?? { scheme: '', host: '' };
    return this.#isLocal && isWeb(scheme) && isLoopbackName(host);
  }
}
