import type { GatehouseModel } from '../model/gatehouse-model.js';
import { strategyOf, type OutgoingStrategy } from '../model/outgoing-auth.js';
import { isIssuedToken, subjectOf } from '../model/token-subject.js';
import { backendPlace, viewPlace } from '../urls/mcp-endpoints.js';
import type { Rule } from './rule.js';

/** A client that gets tokens for itself, for an endpoint at which every backend is used for a person. */
export const idleClients: Rule = (model) =>
  (model.authServer?.clientRegistration.clients ?? []).flatMap(({ clientCredentials }, index) =>
    (clientCredentials?.resources ?? []).flatMap((resource, at) => {
      const backends = backendsAt(resource, model);
      const isIdle =
        backends.length > 0 && backends.every((name) => needsPerson(strategyOf(model.outgoingAuth, name)));
      const path = [
        'authServer',
        'clientRegistration',
        'clients',
        index,
        'clientCredentials',
        'resources',
        at,
      ];
      return isIdle
        ? [
            {
              path,
              message: 'Every backend there is used for a person: a client for itself reaches nothing.',
            },
          ]
        : [];
    }),
  );

/** Names of those behind an endpoint; of one that there is not, none. */
function backendsAt(resource: string, { resourceUrl, backends, views }: GatehouseModel): readonly string[] {
  const names = backends.map(({ name }) => name);
  if (resource === resourceUrl) return names;
  const view = views.find(({ name }) => resource === resourceUrl + viewPlace(name));
  return view?.backends ?? names.filter((name) => resource === resourceUrl + backendPlace(name));
}

const needsPerson = (strategy: OutgoingStrategy<unknown>): boolean =>
  isIssuedToken(strategy)
    ? subjectOf(strategy).of !== 'gateway'
    : strategy.type !== 'unauthenticated' && strategy.type !== 'headerInjection';
