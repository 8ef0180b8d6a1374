import { authorizationServerPart } from '@gatehouse/config/parts';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';
import { busDependency } from '@gatehouse/service-process/bus-dependency';
import { runService } from '@gatehouse/service-process/run-service';
import { startAuthorizationServer } from './service.js';

await runService({
  service: 'authorization-server',
  partOf: authorizationServerPart,
  dependencies: (model) => [
    {
      path: 'postgres.authorizationServer.url',
      check: async () => {
        const database = model.postgres.authorizationServer;
        return database === undefined ? undefined : await databaseUnreachable(database.url.secret);
      },
    },
    busDependency('authorization-server', model),
  ],
  start: startAuthorizationServer,
});
