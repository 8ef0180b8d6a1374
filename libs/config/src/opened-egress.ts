import type { Introspection } from './model/incoming-auth.js';
import type { Secret } from '@gatehouse/kernel/secret';
import type { ConfiguredSecret } from './model/configured-secret.js';
import type { EgressProxy, PartyEgress, WayOut } from './model/egress-rules.js';
import type { GatehouseModel } from './model/gatehouse-model.js';

/** A party as its service sees it: with its certificates, and the way out that all parties share. */
export function openedParty<T extends PartyEgress<ConfiguredSecret>>(
  party: T,
  { wayOut }: Pick<GatehouseModel, 'wayOut'>,
): Omit<T, 'caBundle'> & Pick<PartyEgress<Secret>, 'caBundle'> & { readonly wayOut: WayOut<Secret> } {
  const { caBundle, ...rest } = party;
  return {
    ...rest,
    ...(caBundle === undefined ? {} : { caBundle: caBundle.secret }),
    wayOut: openedWayOut(wayOut),
  };
}

/** The secret of a party that is asked about tokens. */
export function openedIntrospection<T extends { readonly introspection?: Introspection<ConfiguredSecret> }>(
  party: T,
): Omit<T, 'introspection'> & { readonly introspection?: Introspection<Secret> } {
  const { introspection, ...rest } = party;
  if (introspection === undefined) return rest;
  return { ...rest, introspection: { ...introspection, clientSecret: introspection.clientSecret.secret } };
}

export function openedWayOut({ httpProxy, httpsProxy, ...rest }: WayOut<ConfiguredSecret>): WayOut<Secret> {
  return {
    ...rest,
    ...(httpProxy === undefined ? {} : { httpProxy: openedProxy(httpProxy) }),
    ...(httpsProxy === undefined ? {} : { httpsProxy: openedProxy(httpsProxy) }),
  };
}

const openedProxy = ({ url, credentials, caBundle }: EgressProxy<ConfiguredSecret>): EgressProxy<Secret> => ({
  url,
  ...(credentials === undefined ? {} : { credentials: credentials.secret }),
  ...(caBundle === undefined ? {} : { caBundle: caBundle.secret }),
});
