import { natsAccess } from '@gatehouse/config/parts';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import type { Service } from '@gatehouse/kernel/services';
import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import { busUnreachable } from '@gatehouse/messaging/reachable';
import type { Dependency } from './dependencies.js';

/** The bus, which every service needs before it can start. */
export const busDependency = (service: Service, model: GatehouseModel): Dependency => ({
  path: 'nats.servers',
  check: async () =>
    await busUnreachable(busOptionsOf(service, { name: model.name, nats: natsAccess(model) })),
});
