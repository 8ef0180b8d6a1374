import { authorizationServerPart } from '@gatehouse/config/parts';
import { databaseReadiness } from '@gatehouse/persistence/reachable';
import { busDependency } from '@gatehouse/service-process/bus-dependency';
import { runService } from '@gatehouse/service-process/run-service';
import { heldKeysAnswer } from './held-keys/held-keys-answer.client.js';
import { startAuthorizationServer } from './service.js';

await runService({
  service: 'authorization-server',
  partOf: authorizationServerPart,
  dependencies: (model) => [
    {
      path: 'postgres.authorizationServer.url',
      check: databaseReadiness('authorization-server', () => model.postgres.authorizationServer?.url.secret),
    },
    busDependency('authorization-server', model),
    { path: 'authServer.keyHolders', check: heldKeysAnswer(model) },
  ],
  start: startAuthorizationServer,
});
