import { AllowedOrigins } from '@gatehouse/config/urls/allowed-origins';
import { TrustedHosts } from '@gatehouse/config/urls/trusted-hosts';
import type { VmcpProxyPart } from '@gatehouse/config/parts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Of a pattern any number of hosts can be. */
const MAX_REMEMBERED = 64;

type PeerSettings = Pick<VmcpProxyPart, 'publicUrl' | 'trustedHosts' | 'allowedOrigins'> & {
  readonly listen: { readonly host: string };
};

/** Which `Host` and `Origin` headers the MCP endpoint answers to; all of it follows from the configuration. */
export class AllowedPeers {
  readonly #origins: AllowedOrigins;
  readonly #hosts: TrustedHosts;
  /** The gateway is for this machine: `localhost` at any port may call, and `Host` is checked (DNS rebinding). */
  readonly #isLocal: boolean;
  readonly #checksHosts: boolean;
  /** Headers that were let in, as they were written: nearly all requests have the same one, and nothing about it changes. */
  readonly #allowed = new Set<string>();

  constructor({ publicUrl, trustedHosts, allowedOrigins, listen }: PeerSettings) {
    this.#origins = new AllowedOrigins([publicUrl], allowedOrigins);
    this.#hosts = new TrustedHosts(publicUrl, trustedHosts);
    this.#isLocal = LOOPBACK.has(new URL(publicUrl).hostname) || LOOPBACK.has(listen.host);
    this.#checksHosts = this.#isLocal || trustedHosts.length > 0;
  }

  /** A browser always sends `Origin`; a page of another site must not reach the gateway (MCP, transports, security). */
  allowOrigin(origin: string | undefined): boolean {
    return origin === undefined || this.#origins.allow(origin);
  }

  /** The name that the browser believed in is the only thing that tells a rebound site from the person. */
  allowHost(host: string | undefined): boolean {
    if (!this.#checksHosts || (host !== undefined && this.#allowed.has(host))) return true;
    const isAllowed = this.#hosts.trust(host) || (this.#isLocal && this.#hosts.isLoopback(host));
    if (isAllowed && host !== undefined) this.#remember(host);
    return isAllowed;
  }

  #remember(host: string): void {
    if (this.#allowed.size >= MAX_REMEMBERED) this.#allowed.clear();
    this.#allowed.add(host);
  }
}
