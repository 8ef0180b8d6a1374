import { natsAccess } from '@gatehouse/config/parts';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import type { Service } from '@gatehouse/kernel/services';
import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import { busUnreachable } from '@gatehouse/messaging/reachable';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';
import type { Dependency } from './dependencies.js';

/** Where the configuration has the database of a service that has one. */
const DATABASES: Readonly<Partial<Record<Service, 'authorizationServer' | 'tokenVault'>>> = {
  'authorization-server': 'authorizationServer',
  'token-vault': 'tokenVault',
};

/** What has to answer before a service can start: its database and the bus. */
export function dependenciesOf(service: Service, model: GatehouseModel): readonly Dependency[] {
  const place = DATABASES[service];
  const database = place === undefined ? undefined : model.postgres[place];
  return [
    ...(database === undefined
      ? []
      : [
          {
            path: `postgres.${place ?? ''}.url`,
            check: async () => await databaseUnreachable(database.url.secret),
          },
        ]),
    {
      path: 'nats.servers',
      check: async () =>
        await busUnreachable(busOptionsOf(service, { name: model.name, nats: natsAccess(model) })),
    },
  ];
}
