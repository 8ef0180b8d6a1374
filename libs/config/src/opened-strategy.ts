import type { Secret } from '@gatehouse/kernel/secret';
import type { ConfiguredSecret } from './model/configured-secret.js';
import type { EndpointClient } from './model/endpoint-client.js';
import type { GatehouseModel } from './model/gatehouse-model.js';
import type { IssuedToken } from './model/outgoing-auth.js';
import { openedParty } from './opened-egress.js';

/** A strategy as the vault sees it: with the secrets of its clients. */
export function openedStrategy(
  strategy: IssuedToken<ConfiguredSecret>,
  model: Pick<GatehouseModel, 'wayOut'>,
): IssuedToken<Secret> {
  switch (strategy.type) {
    case 'tokenExchange':
      return openedParty(openedClient(strategy), model);
    case 'clientCredentials':
      return openedParty(openedClient(strategy), model);
    case 'obo':
      return openedParty(openedClient(strategy), model);
    case 'googleServiceAccount': {
      const { serviceAccountKey, ...rest } = strategy;
      return openedParty({ ...rest, serviceAccountKey: serviceAccountKey.secret }, model);
    }
    case 'awsSts':
      return openedParty(strategy, model);
    case 'xaa':
      return openedParty(
        { ...strategy, idp: openedClient(strategy.idp), target: openedClient(strategy.target) },
        model,
      );
  }
}

type Proofs<S> = Pick<EndpointClient<S>, 'clientSecret' | 'clientKey' | 'clientCertificate'>;

function openedClient<T extends Proofs<ConfiguredSecret>>(
  client: T,
): Omit<T, keyof Proofs<unknown>> & Proofs<Secret> {
  const { clientSecret, clientKey, clientCertificate, ...rest } = client;
  return {
    ...rest,
    ...(clientSecret === undefined ? {} : { clientSecret: clientSecret.secret }),
    ...(clientKey === undefined ? {} : { clientKey: clientKey.secret }),
    ...(clientCertificate === undefined ? {} : { clientCertificate: clientCertificate.secret }),
  };
}
