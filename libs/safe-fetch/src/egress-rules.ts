import type { LookupAddress } from 'node:dns';
import { addressKind, hostKind, type AddressKind } from '@gatehouse/kernel/network-address';
import type { Secret } from '@gatehouse/kernel/secret';
import { OutboundFailure } from './outbound-failure.js';
import type { WayOut } from './way-out.js';

/** What one caller may reach beyond public https, and how. */
export interface EgressRules {
  /** Also private and loopback addresses; link-local, metadata and reserved ones stay refused. */
  readonly allowPrivateIps: boolean;
  readonly insecureAllowHttp: boolean;
  /** PEM certificates that are trusted instead of the system's. */
  readonly caBundle?: Secret;
  /** Absent: directly. */
  readonly wayOut?: WayOut;
  /** Strangers choose the host: a name that does not resolve here is not left to a proxy that may reach private addresses. */
  readonly ofStrangers?: boolean;
}

export function schemeRefusal(protocol: string, rules: EgressRules): OutboundFailure | undefined {
  if (protocol === 'https:' || (protocol === 'http:' && rules.insecureAllowHttp)) return undefined;
  return new OutboundFailure('blocked', false, `${protocol} is not allowed here`);
}

/** A host that says what it is before it is resolved. */
export const hostRefusal = (host: string, rules: EgressRules): OutboundFailure | undefined =>
  refusalOf(hostKind(host) ?? 'public', rules);

export const addressRefusal = (address: string, rules: EgressRules): OutboundFailure | undefined =>
  refusalOf(addressKind(address), rules);

/** One refused address refuses the whole name: a name that mixes such addresses with others is not trusted. */
export const refusalOfAny = (
  addresses: readonly LookupAddress[],
  rules: EgressRules,
): OutboundFailure | undefined =>
  addresses.map(({ address }) => addressRefusal(address, rules)).find((refusal) => refusal !== undefined);

function refusalOf(kind: AddressKind, rules: EgressRules): OutboundFailure | undefined {
  if (kind === 'public' || (kind === 'private' && rules.allowPrivateIps)) return undefined;
  return new OutboundFailure('blocked', false, `the host has a ${kind} address`);
}

/** A connection carries one request at a time: HTTP/2 is not offered. */
export const tlsOptions = ({ caBundle }: Pick<EgressRules, 'caBundle'>) => ({
  allowH2: false,
  ...(caBundle === undefined ? {} : { ca: caBundle.reveal() }),
});
