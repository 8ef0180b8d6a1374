import type { IncomingHttpHeaders } from 'node:http';
import type { BridgePart } from '@gatehouse/config/bridge-part';
import {
  BRIDGE_PERSON_HEADER,
  BRIDGE_PROGRAM_HEADER,
  BRIDGE_SECRET_HEADER,
} from '@gatehouse/kernel/bridge-headers';
import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { Secret } from '@gatehouse/kernel/secret';

/** On whose behalf the proxy calls. */
export interface Caller {
  /** Not who it is: a digest, the same in all of that person's sign-ins. */
  readonly person: string | undefined;
  readonly token: Secret | undefined;
  /** Which program the proxy takes the backend for. */
  readonly program: string | undefined;
}

/** Knows the proxy: it alone has the secret, and it is no browser. */
export class KnownCallers {
  #hosts: ReadonlySet<string> = new Set();

  constructor(private readonly part: Pick<BridgePart, 'listen' | 'url' | 'secret'>) {}

  /** The bridge has the names that lead to this port; before that it has none. */
  listensAt(port: number): void {
    this.#hosts = new Set([
      new URL(this.part.url).host,
      ...[this.part.listen.host, 'localhost', '127.0.0.1', '::1'].map((name) => hostHeader(name, port)),
    ]);
  }

  /** Why a request is refused; the order costs nothing but the secret is looked at in any case. */
  refusal({ host = '', origin, ...headers }: IncomingHttpHeaders): string | undefined {
    const given = headers[BRIDGE_SECRET_HEADER];
    const isProxy =
      this.part.secret === undefined ||
      equalsInConstantTime(sha256(this.part.secret.reveal()), sha256(String(given ?? '')));
    // Pages of browsers reach loopback addresses, by names of their own as well (DNS rebinding).
    if (origin !== undefined) return 'No page of a browser calls the bridge.';
    if (!this.#hosts.has(host.toLowerCase())) return 'The bridge does not have this name.';
    return isProxy ? undefined : 'Only the proxy of this gateway calls the bridge.';
  }
}

const hostHeader = (host: string, port: number): string =>
  new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`).host;

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

export function callerOf(headers: IncomingHttpHeaders): Caller {
  const [person, program] = [headers[BRIDGE_PERSON_HEADER], headers[BRIDGE_PROGRAM_HEADER]];
  const [, token] = BEARER.exec(headers.authorization ?? '') ?? [];
  return {
    person: typeof person === 'string' && person !== '' ? person : undefined,
    token: token === undefined ? undefined : new Secret(token),
    program: typeof program === 'string' ? program : undefined,
  };
}
