import { authorizationServerPart } from '@gatehouse/config/parts';
import { runService } from '@gatehouse/service-process/run-service';
import { startAuthorizationServer } from './service.js';

await runService({
  service: 'authorization-server',
  partOf: authorizationServerPart,
  start: startAuthorizationServer,
});
