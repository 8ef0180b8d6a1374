import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { natsConfiguration, passwordVariable } from '@gatehouse/messaging/nats-configuration';
import { Cannot } from '../cannot.js';
import { NATS_INSTALLER } from '../paths.js';
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

export const programFolders = (path = ''): readonly string[] => [...path.split(delimiter), ...SYSTEM_FOLDERS];

/** Installs it where it is missing and the system's package manager can be asked; says on standard error what it does. */
export function ensureNatsServer(folders = programFolders(process.env['PATH'])): void {
  if (natsServerIn(folders) === undefined && existsSync(NATS_INSTALLER))
    spawnSync(process.execPath, [NATS_INSTALLER], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The path of the program; `undefined` where there is none. */
export function natsServerIn(folders: readonly string[]): string | undefined {
  return folders
    .map((folder) => join(folder, 'nats-server'))
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The program, from PATH or from where package managers put it. */
export function findNatsServer(folders = programFolders(process.env['PATH'])): string {
  const found = natsServerIn(folders);
  if (found !== undefined) return found;
  throw new Cannot(
    'nats-server is not installed. Install the package "nats-server" ' +
      '(Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server), then run the command again.',
  );
}
