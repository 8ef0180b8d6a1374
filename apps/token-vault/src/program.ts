import { tokenVaultPart } from '@gatehouse/config/parts';
import { databaseReadiness } from '@gatehouse/persistence/reachable';
import { busDependency } from '@gatehouse/service-process/bus-dependency';
import { runService } from '@gatehouse/service-process/run-service';
import { startTokenVault } from './service.js';

await runService({
  service: 'token-vault',
  partOf: tokenVaultPart,
  dependencies: (model) => [
    {
      path: 'postgres.tokenVault.url',
      check: databaseReadiness('token-vault', () => model.postgres.tokenVault.url.secret),
    },
    busDependency('token-vault', model),
  ],
  start: startTokenVault,
});
