import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { natsConfiguration, passwordVariable } from '@gatehouse/messaging/nats-configuration';
import { Cannot } from '../cannot.js';
import { baseEnvironment } from './environment.js';
import type { PortPlan } from './ports.js';
import type { Processes, RunningProcess } from './processes.js';
import { untilListening } from './readiness.client.js';
import type { StateFolder } from './state.js';

/** Debian puts it where only root's PATH looks. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** Starts nats-server with JetStream and one account per service, and waits until it listens. */
export async function startNats(
  state: StateFolder,
  processes: Processes,
  ports: PortPlan,
  gatewayName: string,
): Promise<RunningProcess> {
  const { secrets } = state;
  const configuration = natsConfiguration({
    gatewayName,
    host: '127.0.0.1',
    port: ports.nats,
    storeDirectory: state.path('jetstream'),
  });
  const running = processes.start({
    name: 'nats-server',
    command: findNatsServer(),
    args: ['--config', state.write('nats-server.conf', configuration)],
    environment: {
      ...baseEnvironment(),
      [passwordVariable('authorization-server')]: secrets.authorizationServerNatsPassword,
      [passwordVariable('token-vault')]: secrets.tokenVaultNatsPassword,
      [passwordVariable('vmcp-proxy')]: secrets.vmcpProxyNatsPassword,
      [passwordVariable('provisioning')]: secrets.provisioningNatsPassword,
    },
    stopPhase: 2,
  });
  await untilListening(running, ports.nats, 15_000);
  return running;
}

const programFolders = (path = ''): readonly string[] => [...path.split(delimiter), ...SYSTEM_FOLDERS];

/** The program, from PATH or from where package managers put it. */
export function findNatsServer(folders = programFolders(process.env['PATH'])): string {
  for (const folder of folders) {
    const candidate = join(folder, 'nats-server');
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here.
    }
  }
  throw new Cannot(
    'nats-server is not installed. `npm start` installs it with the system package manager; otherwise install the package ' +
      '"nats-server" (Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server).',
  );
}
