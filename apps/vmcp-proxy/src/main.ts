import { natsAccess, vmcpProxyPart } from '@gatehouse/config/parts';
import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import { busUnreachable } from '@gatehouse/messaging/reachable';
import { runService } from '@gatehouse/service-process/run-service';
import { startVmcpProxy } from './proxy-server.js';

const SERVICE = 'vmcp-proxy';

await runService({
  service: SERVICE,
  partOf: vmcpProxyPart,
  dependencies: (model) => [
    {
      path: 'nats.servers',
      check: () => busUnreachable(busOptionsOf(SERVICE, { name: model.name, nats: natsAccess(model) })),
    },
  ],
  start: startVmcpProxy,
});
