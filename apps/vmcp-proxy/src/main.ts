import { vmcpProxyPart } from '@gatehouse/config/parts';
import { busDependency } from '@gatehouse/service-process/bus-dependency';
import { runService } from '@gatehouse/service-process/run-service';
import { startVmcpProxy } from './service.js';

await runService({
  service: 'vmcp-proxy',
  partOf: vmcpProxyPart,
  dependencies: (model) => [busDependency('vmcp-proxy', model)],
  start: startVmcpProxy,
});
