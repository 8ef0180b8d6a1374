import { strategyOf } from '@gatehouse/config/model/outgoing-auth';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';

/**
 * For whom the tokens of each backend are asked (RFC 8707, RFC 8693 section 2.1), as URLs. Where an audience is a name that only the
 * endpoint understands, nothing can be told, and none is here.
 */
export function askedAudiences({
  backends,
  outgoingAuth,
}: Pick<GatehouseModel, 'backends' | 'outgoingAuth'>): ReadonlyMap<string, readonly string[]> {
  return new Map(
    backends.map(({ name }) => {
      const all = audiencesOf(strategyOf(outgoingAuth, name));
      return [name, all.every((one) => URL.canParse(one)) ? all : []];
    }),
  );
}

function audiencesOf(strategy: ReturnType<typeof strategyOf<unknown>>): readonly string[] {
  const one = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);
  switch (strategy.type) {
    case 'tokenExchange': {
      const { audience, resource, audiences = [], resources = [] } = strategy;
      return [...one(audience), ...one(resource), ...audiences, ...resources];
    }
    case 'clientCredentials':
      return [...one(strategy.audience), ...one(strategy.resource)];
    case 'xaa':
      return one(strategy.targetResource);
    default:
      return [];
  }
}
