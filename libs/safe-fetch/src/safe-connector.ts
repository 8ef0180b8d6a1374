import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';
import {
  addressRefusal,
  hostRefusal,
  refusalOfAny,
  schemeRefusal,
  tlsOptions,
  type EgressRules,
} from './egress-rules.js';
import { OutboundFailure, unreachable } from './outbound-failure.js';
import { tunnelConnector } from './tunnel-connector.js';
import { connectorOf } from './undici-parts.js';
import { proxyFor } from './way-out.js';

export type ResolveAll = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const resolveWithSystem: ResolveAll = (hostname, done) => {
  systemLookup(hostname, { all: true }, done);
};

export interface SafeConnectorOptions {
  readonly connectTimeoutMs: number;
  /** How names become addresses; the system's resolver unless told otherwise. */
  readonly resolve?: ResolveAll;
}

/**
 * An undici connector that refuses an address at the moment it is dialled. The name is resolved once, and exactly the
 * checked addresses are dialled. A name that resolves differently the second time (DNS rebinding) gains nothing. Where a
 * proxy leads out, the same rules say no before the proxy is asked (ADR 22).
 */
export function safeConnector(
  rules: EgressRules,
  { connectTimeoutMs, resolve = resolveWithSystem }: SafeConnectorOptions,
): buildConnector.connector {
  const options = { connectTimeoutMs, resolve };
  const direct = directConnector(rules, options);
  const throughProxy = tunnelConnector(rules, options, ({ caBundle }) =>
    // The proxy is the operator's own choice: it may be wherever a server may be, and speak plain http.
    directConnector(
      { allowPrivateIps: true, insecureAllowHttp: true, ...(caBundle === undefined ? {} : { caBundle }) },
      options,
    ),
  );
  return (target, done) => {
    const hostname = target.hostname.replace(/^\[|\]$/g, '');
    const refusal = schemeRefusal(target.protocol, rules) ?? hostRefusal(hostname, rules);
    if (refusal !== undefined) {
      queueMicrotask(() => done(refusal, null));
      return;
    }
    const proxy = proxyFor(rules.wayOut, target);
    if (proxy === undefined) direct(target, done);
    else throughProxy({ ...target, hostname }, proxy, done);
  };
}

/** Dials the target itself. Its scheme, and an address in its URL, are checked already. */
function directConnector(
  rules: EgressRules,
  { connectTimeoutMs, resolve }: Required<SafeConnectorOptions>,
): buildConnector.connector {
  const connect = connectorOf({
    timeout: connectTimeoutMs,
    lookup: checkedLookup(rules, resolve),
    ...tlsOptions(rules),
  });
  return (target, done) => {
    connect(target, (...[error, socket]: Parameters<buildConnector.Callback>) => {
      if (error !== null) {
        done(unreachable(error), null);
        return;
      }
      const dialled = addressRefusal(socket.remoteAddress ?? '', rules);
      if (dialled === undefined) {
        done(null, socket);
        return;
      }
      socket.destroy();
      done(dialled, null);
    });
  };
}

function checkedLookup(rules: EgressRules, resolve: ResolveAll): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, (error, addresses) => {
      const refusal = error ?? refusalOfAny(addresses, rules);
      const [first] = error === null ? addresses : [];
      if (refusal !== undefined || first === undefined) done(refusal ?? NO_ADDRESS, []);
      else if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

const NO_ADDRESS = new OutboundFailure('unreachable', false, 'the name has no address');
