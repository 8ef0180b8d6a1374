import { isLoopbackName } from './hosts.js';

/** A host as it is compared: in lower case, without a final dot, with the port written out where it is known. */
interface Host {
  readonly name: string;
  readonly port: string | undefined;
}

/** `host`, `host:port`, `*.domain`; an IPv6 address in brackets. */
const PATTERN = /^(\[[0-9a-f:.]+\]|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:\d{1,5})?$/;

export const isTrustedHostPattern = (text: string): boolean => PATTERN.test(text);

/**
 * Which `Host` headers a gateway answers to: that of its public URL, and those that are listed because a proxy in front
 * sends them. A listed host without a port is trusted at every port.
 */
export class TrustedHosts {
  readonly #public: Host & { readonly port: string };
  /** Of a `Host` header without a port. */
  readonly #usualPort: string;
  readonly #listed: readonly Host[];

  constructor(publicUrl: string, listed: readonly string[]) {
    const { hostname, port, protocol } = new URL(publicUrl);
    this.#usualPort = usualPortOf(protocol);
    this.#public = { name: withoutFinalDot(hostname), port: port === '' ? this.#usualPort : port };
    this.#listed = listed.map(listedHost);
  }

  /** @param host a `Host` header. Proxies spell it in their own ways: capitals, the default port, a final dot. */
  trust(host: string | undefined): boolean {
    const asked = host === undefined ? undefined : this.#asked(host);
    if (asked === undefined) return false;
    if (asked.name === this.#public.name && asked.port === this.#public.port) return true;
    return this.#listed.some((listed) => hostMatches(listed, asked));
  }

  /** Whether a `Host` header names this machine, at whatever port. */
  isLoopback(host: string | undefined): boolean {
    const asked = host === undefined ? undefined : this.#asked(host);
    return asked !== undefined && isLoopbackName(asked.name);
  }

  /** A `Host` header is a host and a port (RFC 9110 section 7.2), nothing else that a URL may have. */
  #asked(host: string): Host | undefined {
    const url = /[/\\?#@\s]/.test(host) ? null : URL.parse(`http://${host}`);
    if (url === null || url.hostname === '') return undefined;
    // The URL is one of http, which drops port 80 and keeps 443.
    const port = /:80$/.test(host) ? '80' : url.port === '' ? this.#usualPort : url.port;
    return { name: withoutFinalDot(url.hostname), port };
  }
}

export const usualPortOf = (protocol: string): string => (protocol === 'https:' ? '443' : '80');

/** Of an entry of a list, as it is compared. */
export function listedHost(text: string): Host {
  const [, name = text, port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return text.endsWith(']') ? { name: text, port: undefined } : { name: withoutFinalDot(name), port };
}

/** A listed host without a port stands for every port. */
export const hostMatches = ({ name, port }: Host, asked: Host): boolean =>
  nameMatches(name, asked.name) && (port === undefined || port === asked.port);

const nameMatches = (pattern: string, name: string): boolean =>
  pattern.startsWith('*.')
    ? name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1
    : name === pattern;

export const withoutFinalDot = (name: string): string => name.replace(/\.$/, '');
