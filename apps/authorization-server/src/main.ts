import { natsAccess, authorizationServerPart } from '@gatehouse/config/parts';
import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import { busUnreachable } from '@gatehouse/messaging/reachable';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';
import { runService } from '@gatehouse/service-process/run-service';
import { startAuthorizationServer } from './application.js';

const SERVICE = 'authorization-server';

await runService({
  service: SERVICE,
  partOf: authorizationServerPart,
  dependencies: (model) => [
    {
      path: 'postgres.authorizationServer.url',
      check: async () => {
        const database = model.postgres.authorizationServer;
        return database === undefined ? undefined : await databaseUnreachable(database.url.secret);
      },
    },
    {
      path: 'nats.servers',
      check: () => busUnreachable(busOptionsOf(SERVICE, { name: model.name, nats: natsAccess(model) })),
    },
  ],
  start: startAuthorizationServer,
});
