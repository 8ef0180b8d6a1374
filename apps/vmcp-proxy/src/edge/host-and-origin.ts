const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Which `Host` and `Origin` headers the MCP endpoint answers to; all of it follows from the configuration. */
export interface AllowedPeers {
  readonly origin: string;
  readonly host: string;
  /** The gateway is for this machine: `localhost` at any port may call, and `Host` is checked (DNS rebinding). */
  readonly local: boolean;
}

export function allowedPeers(publicUrl: string, listenHost: string): AllowedPeers {
  const url = new URL(publicUrl);
  return {
    origin: url.origin,
    host: url.host,
    local: LOOPBACK.has(url.hostname) || LOOPBACK.has(listenHost),
  };
}

/** A browser always sends `Origin`; a page of another site must not reach the gateway (MCP, transports, security). */
export function originAllowed(allowed: AllowedPeers, origin: string | undefined): boolean {
  if (origin === undefined || origin === allowed.origin) return true;
  if (!LOOPBACK.has(new URL(allowed.origin).hostname)) return false;
  const hostname = hostnameOf(origin);
  return hostname !== undefined && LOOPBACK.has(hostname);
}

/** On loopback the name that the browser believed in is the only thing that tells a rebound site from the user. */
export function hostAllowed(allowed: AllowedPeers, host: string | undefined): boolean {
  if (!allowed.local || host === allowed.host) return true;
  const hostname = host === undefined ? undefined : hostnameOf(`http://${host}`);
  return hostname !== undefined && LOOPBACK.has(hostname);
}

function hostnameOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, protocol, username } = new URL(url);
  return username === '' && (protocol === 'http:' || protocol === 'https:') ? hostname : undefined;
}
