import { tokenVaultPart } from '@gatehouse/config/parts';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';
import { busDependency } from '@gatehouse/service-process/bus-dependency';
import { runService } from '@gatehouse/service-process/run-service';
import { startTokenVault } from './service.js';

await runService({
  service: 'token-vault',
  partOf: tokenVaultPart,
  dependencies: (model) => [
    {
      path: 'postgres.tokenVault.url',
      check: async () => await databaseUnreachable(model.postgres.tokenVault.url.secret),
    },
    busDependency('token-vault', model),
  ],
  start: startTokenVault,
});
