import { vmcpProxyPart } from '@gatehouse/config/parts';
import { busDependency } from '@gatehouse/service-process/bus-dependency';
import { runService } from '@gatehouse/service-process/run-service';

await runService({
  service: 'vmcp-proxy',
  partOf: vmcpProxyPart,
  dependencies: (model) => [busDependency('vmcp-proxy', model)],
  workers: ({ listen }) => listen,
  // The primary of several workers does without it.
  start: async (part, log) => await (await import('./service.js')).startVmcpProxy(part, log),
});
