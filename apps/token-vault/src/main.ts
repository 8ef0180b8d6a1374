import { natsAccess, tokenVaultPart } from '@gatehouse/config/parts';
import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import { busUnreachable } from '@gatehouse/messaging/reachable';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';
import { runService } from '@gatehouse/service-process/run-service';
import { startTokenVault } from './token-vault.app.js';

const SERVICE = 'token-vault';

await runService({
  service: SERVICE,
  partOf: tokenVaultPart,
  dependencies: (model) => [
    {
      path: 'postgres.tokenVault.url',
      check: () => databaseUnreachable(model.postgres.tokenVault.url.secret),
    },
    {
      path: 'nats.servers',
      check: () => busUnreachable(busOptionsOf(SERVICE, { name: model.name, nats: natsAccess(model) })),
    },
  ],
  start: startTokenVault,
});
