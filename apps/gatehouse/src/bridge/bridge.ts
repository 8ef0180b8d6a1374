import { dirname, resolve } from 'node:path';
import { bridgePart, type BridgePart } from '@gatehouse/config/bridge-part';
import type { ListenAddress } from '@gatehouse/config/model/listen-addresses';
import { parseDurationMs } from '@gatehouse/kernel/durations';
import { isLoopbackAddress } from '@gatehouse/config/urls/hosts';
import { Log } from '@gatehouse/observability/log';
import { Cannot } from '../cannot.js';
import { reasonOf } from '../reason.js';
import { checked, readConfiguration } from '../configuration.js';
import type { Terminal } from '../terminal.js';
import { startBridge } from './start-bridge.js';

export interface BridgeOptions {
  readonly config: string;
  /** `host:port` instead of `listen.bridge`. */
  readonly listen?: string;
  /** A duration: `shutdownTimeout` where that is shorter. Whoever starts the bridge may have less patience. */
  readonly stopWithin?: string;
}

/** Runs the programs of backends with a `command` until it is asked to stop. */
export async function bridge(
  { config, listen, stopWithin }: BridgeOptions,
  terminal: Pick<Terminal, 'env' | 'on'>,
): Promise<number> {
  const environment = terminal.env;
  const patienceMs = patienceOf(stopWithin);
  const file = resolve(config);
  const { model, warnings } = checked(readConfiguration(file), 'bridge', environment);
  const part = listeningAt(bridgePart(model), listen);
  if (part.backends.length === 0)
    throw new Cannot(`No backend of ${config} has a command: there is nothing to run.`, 'configuration');
  if (part.secret === undefined && !isLoopbackAddress(part.listen.host))
    throw new Cannot('Without bridge.secret the bridge listens on a loopback address only.', 'usage');
  const log = new Log('bridge');
  for (const { path, message } of warnings) log.warn('configuration-warning', { path, reason: message });
  const folder = dirname(file);
  const stop = stopRequest(log, terminal);
  const running = await startBridge(
    part,
    { folderOf: ({ cwd = '.' }) => resolve(folder, cwd), environment },
    log,
  ).catch((error: unknown) => {
    const { host, port } = part.listen;
    throw new Cannot(`The bridge cannot listen on ${host}, port ${port}: ${reasonOf(error)}`, 'tryAgain');
  });
  if (part.secret === undefined)
    log.warn('bridge-without-secret', { reason: 'every program of this machine can call it' });
  log.info('service-started', { host: part.listen.host, port: running.port });
  log.info('service-stopping', { reason: await stop });
  await running.close(Math.min(part.shutdownTimeoutMs, patienceMs));
  await log.flush();
  return 0;
}

const ADDRESS = /^(?:\[([0-9A-Fa-f:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/;

function listeningAt(part: BridgePart, written: string | undefined): BridgePart {
  if (written === undefined) return part;
  const [, address6, host = address6, digits] = ADDRESS.exec(written) ?? [];
  const port = Number(digits);
  if (host === undefined || port > 65_535)
    throw new Cannot(
      `--listen ${written}: write an address and a port, such as 127.0.0.1:8080 or [::1]:8080.`,
      'usage',
    );
  const listen: ListenAddress = { host, port };
  return { ...part, listen };
}

/** @throws {Cannot} for what is no duration. */
function patienceOf(written: string | undefined): number {
  const ms = written === undefined ? Infinity : parseDurationMs(written);
  if (ms === undefined) throw new Cannot(`--stop-within ${written}: write a duration, such as 5s.`, 'usage');
  return ms;
}

/** Resolves with the reason. */
async function stopRequest(log: Log, terminal: Pick<Terminal, 'env' | 'on'>): Promise<string> {
  return await new Promise((resolved) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      terminal.on(signal, () => resolved(signal));
    // Without a log reader it would run on unseen.
    log.onReaderGone(() => resolved('log reader gone'));
    // The launcher's end of the pipe closes with it, however it died.
    if (terminal.env['GATEHOUSE_STOP_WITH_PARENT'] === '1')
      process.stdin.once('close', () => resolved('launcher gone')).resume();
  });
}
