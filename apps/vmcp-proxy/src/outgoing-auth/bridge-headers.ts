import { createHash, createHmac } from 'node:crypto';
import type { ProxyBackend } from '@gatehouse/config/parts';
import {
  BRIDGE_PERSON_HEADER,
  BRIDGE_PROGRAM_HEADER,
  BRIDGE_SECRET_HEADER,
  OTHER_PROGRAM_STATUS,
} from '@gatehouse/kernel/bridge-headers';
import { ANONYMOUS, personKey, type Principal } from '../incoming-auth/principal.js';

type Headers = Readonly<Record<string, string>>;

/** Headers of each request to a backend that the bridge runs, beside the credential; none for the other backends. */
export type BridgeHeaders = (backend: string, principal: Principal) => Headers;

const NONE: Headers = {};

/**
 * The bridge knows the proxy by the secret, and a person by a digest that only the proxy can make: it is the same in all
 * sign-ins of that person, another one at each backend, and says nothing of who it is. Which program is meant is said each time: the
 * bridge may have taken up another file a moment before, or after (ADR 69).
 */
export function bridgeHeaders(backends: readonly ProxyBackend[]): BridgeHeaders {
  const bridged = new Map(
    backends.flatMap(({ name, bridge }) =>
      bridge === undefined
        ? []
        : [[name, { program: bridge.program, secret: bridge.secret?.reveal() }] as const],
    ),
  );
  return (backend, principal) => {
    const known = bridged.get(backend);
    if (known === undefined) return NONE;
    const { program, secret } = known;
    return {
      [BRIDGE_PROGRAM_HEADER]: program,
      ...(secret === undefined ? {} : { [BRIDGE_SECRET_HEADER]: secret }),
      ...(principal.key === ANONYMOUS.key
        ? {}
        : { [BRIDGE_PERSON_HEADER]: personDigest(secret, `${backend}\n${personKey(principal)}`) }),
    };
  };
}

/** Whether the bridge, to which that was sent, knows another program under the name than the proxy. */
export const isOfOtherProgram = (status: number, sent: Headers): boolean =>
  status === OTHER_PROGRAM_STATUS && sent[BRIDGE_PROGRAM_HEADER] !== undefined;

const personDigest = (secret: string | undefined, person: string): string =>
  (secret === undefined ? createHash('sha256') : createHmac('sha256', secret))
    .update(person)
    .digest('base64url');
