import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { addressKind } from '@gatehouse/kernel/network-address';
import { OutboundFailure } from './outbound-failure.js';

/** What one caller may reach beyond public https. */
export interface EgressRules {
  /** Also private and loopback addresses; link-local, metadata and reserved ones stay refused. */
  readonly allowPrivateIps: boolean;
  readonly insecureAllowHttp: boolean;
}

type ResolveAll = (
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
 * checked addresses are dialled. A name that resolves differently the second time (DNS rebinding) gains nothing.
 */
export function safeConnector(rules: EgressRules, options: SafeConnectorOptions): buildConnector.connector {
  const connect = buildConnector({
    timeout: options.connectTimeoutMs,
    lookup: checkedLookup(rules, options.resolve ?? resolveWithSystem),
  });
  return (target, done) => {
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const refusal =
      schemeRefusal(target.protocol, rules) ?? (isIP(host) === 0 ? undefined : addressRefusal(host, rules));
    if (refusal !== undefined) {
      queueMicrotask(() => done(refusal, null));
      return;
    }
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

function schemeRefusal(protocol: string, rules: EgressRules): OutboundFailure | undefined {
  if (protocol === 'https:' || (protocol === 'http:' && rules.insecureAllowHttp)) return undefined;
  return new OutboundFailure('blocked', false, `${protocol} is not allowed here`);
}

function addressRefusal(address: string, rules: EgressRules): OutboundFailure | undefined {
  const kind = addressKind(address);
  if (kind === 'public' || (kind === 'private' && rules.allowPrivateIps)) return undefined;
  return new OutboundFailure('blocked', false, `the host has a ${kind} address`);
}

/** One refused address refuses the whole name: a name that mixes such addresses with others is not trusted. */
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

const refusalOfAny = (addresses: readonly LookupAddress[], rules: EgressRules): OutboundFailure | undefined =>
  addresses.map(({ address }) => addressRefusal(address, rules)).find((refusal) => refusal !== undefined);

const unreachable = (error: Error): OutboundFailure =>
  OutboundFailure.in(error) ??
  new OutboundFailure('unreachable', false, 'no connection could be made', { cause: error });
