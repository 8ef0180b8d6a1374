const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Which `Host` and `Origin` headers the MCP endpoint answers to; all of it follows from the configuration. */
export interface AllowedPeers {
  readonly origin: string;
  readonly host: Host;
  /** The gateway is for this machine: `localhost` at any port may call, and `Host` is checked (DNS rebinding). */
  readonly local: boolean;
}

/** A host as it is compared: in lower case, without a final dot, with the port written out. */
interface Host {
  readonly name: string;
  readonly port: string;
  /** Of a URL without a port. */
  readonly defaultPort: string;
}

export function allowedPeers(publicUrl: string, listenHost: string): AllowedPeers {
  const { origin, hostname, port, protocol } = new URL(publicUrl);
  const defaultPort = protocol === 'https:' ? '443' : '80';
  return {
    origin,
    host: { name: withoutFinalDot(hostname), port: port === '' ? defaultPort : port, defaultPort },
    local: LOOPBACK.has(hostname) || LOOPBACK.has(listenHost),
  };
}

/** A browser always sends `Origin`; a page of another site must not reach the gateway (MCP, transports, security). */
export function originAllowed(allowed: AllowedPeers, origin: string | undefined): boolean {
  if (origin === undefined || origin === allowed.origin) return true;
  if (!LOOPBACK.has(new URL(allowed.origin).hostname)) return false;
  const url = webUrl(origin);
  return url !== undefined && LOOPBACK.has(url.hostname);
}

/**
 * On loopback the name that the browser believed in is the only thing that tells a rebound site from the user. Proxies spell
 * a host in their own ways: capitals, the default port, a final dot (RFC 9110 section 4.2.3, RFC 3986 section 3.2.2).
 */
export function hostAllowed({ local, host: allowed }: AllowedPeers, host: string | undefined): boolean {
  if (!local) return true;
  // A `Host` header is a host and a port, nothing else that a URL may have.
  const url = host === undefined || /[/\\?#@]/.test(host) ? undefined : webUrl(`http://${host}`);
  if (url === undefined) return false;
  const name = withoutFinalDot(url.hostname);
  if (LOOPBACK.has(name)) return true;
  // The URL is one of http, which drops port 80 and keeps 443.
  const port = /:80$/.test(host ?? '') ? '80' : url.port === '' ? allowed.defaultPort : url.port;
  return name === allowed.name && port === allowed.port;
}

function webUrl(url: string): URL | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  const isWeb = parsed.protocol === 'http:' || parsed.protocol === 'https:';
  return isWeb && parsed.username === '' ? parsed : undefined;
}

const withoutFinalDot = (name: string): string => name.replace(/\.$/, '');
