import { vmcpProxyPart } from '@gatehouse/config/parts';
import { runService } from '@gatehouse/service-process/run-service';
import { startVmcpProxy } from './service.js';

await runService({ service: 'vmcp-proxy', partOf: vmcpProxyPart, start: startVmcpProxy });
