import { createHash, createHmac } from 'node:crypto';
import type { ProxyBackend } from '@gatehouse/config/parts';
import { BRIDGE_PERSON_HEADER, BRIDGE_SECRET_HEADER } from '@gatehouse/kernel/bridge-headers';
import { ANONYMOUS, personKey, type Principal } from '../incoming-auth/principal.js';

type Headers = Readonly<Record<string, string>>;

/** Headers of each request to a backend that the bridge runs, beside the credential; none for the other backends. */
export type BridgeHeaders = (backend: string, principal: Principal) => Headers;

const NONE: Headers = {};

/**
 * The bridge knows the proxy by the secret, and a person by a digest that only the proxy can make: it is the same in all
 * sign-ins of that person, another one at each backend, and says nothing of who it is.
 */
export function bridgeHeaders(backends: readonly ProxyBackend[]): BridgeHeaders {
  const bridged = new Map(
    backends.flatMap(({ name, bridge }) =>
      bridge === undefined ? [] : [[name, bridge.secret?.reveal()] as const],
    ),
  );
  return (backend, principal) => {
    if (!bridged.has(backend)) return NONE;
    const secret = bridged.get(backend);
    return {
      ...(secret === undefined ? {} : { [BRIDGE_SECRET_HEADER]: secret }),
      ...(principal.key === ANONYMOUS.key
        ? {}
        : { [BRIDGE_PERSON_HEADER]: personDigest(secret, `${backend}\n${personKey(principal)}`) }),
    };
  };
}

const personDigest = (secret: string | undefined, person: string): string =>
  (secret === undefined ? createHash('sha256') : createHmac('sha256', secret))
    .update(person)
    .digest('base64url');
