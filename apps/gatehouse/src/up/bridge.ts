import { environmentNamesOf, type ConfigurationText, type Environment } from '../configuration.js';
import { programOf } from '../paths.js';
import { baseEnvironment } from './environment.js';
import type { Processes, RunningProcess } from './processes.js';
import { untilHttpAnswers } from './readiness.client.js';

const READY_TIMEOUT_MS = 60_000;
/** For calls that run. With the six seconds that programs have after it, it ends before the keeper's patience (`kept-groups.ts`). */
const STOP_WITHIN = '5s';

/** Where the bridge of a configuration listens; absent where no backend has a command. */
export interface BridgePlan {
  readonly host: string;
  readonly port: number;
  /** Where its variables are. */
  readonly environment: Environment;
}

/** Starts the process that runs the programs of backends, with the variables that its part of the configuration names. */
export async function startUpBridge(
  processes: Processes,
  configuration: ConfigurationText,
  { host, port, environment }: BridgePlan,
): Promise<RunningProcess> {
  const names = environmentNamesOf(configuration, 'bridge', environment);
  const own = [...names].flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const running = processes.start({
    name: 'bridge',
    command: process.execPath,
    args: [
      programOf('gatehouse'),
      'bridge',
      '--config',
      configuration.document,
      '--stop-within',
      STOP_WITHIN,
    ],
    environment: {
      ...baseEnvironment(),
      NODE_ENV: 'production',
      ...(configuration.virtualServer === undefined
        ? {}
        : { GATEHOUSE_VIRTUAL_SERVER: configuration.virtualServer }),
      ...Object.fromEntries(own),
    },
    stopPhase: 1,
    rereads: true,
  });
  const name = host.includes(':') ? `[${host}]` : host;
  await untilHttpAnswers(running, `http://${name}:${port}/healthz`, READY_TIMEOUT_MS);
  return running;
}
