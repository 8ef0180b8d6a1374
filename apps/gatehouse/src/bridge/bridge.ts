import { dirname, resolve } from 'node:path';
import { bridgeNeedsRestart, bridgePart, type BridgePart } from '@gatehouse/config/bridge-part';
import { loadConfiguration, type Loaded } from '@gatehouse/config/load';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import type { ListenAddress } from '@gatehouse/config/model/listen-addresses';
import { parseDurationMs } from '@gatehouse/kernel/durations';
import { isLoopbackAddress } from '@gatehouse/config/urls/hosts';
import { sameContent } from '@gatehouse/kernel/same-content';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { fileStates } from '@gatehouse/service-process/file-watch';
import { Reloads, type ReloadedService } from '@gatehouse/service-process/reloads';
import { Cannot } from '../cannot.js';
import { reasonOf } from '../reason.js';
import { checked, readConfiguration, WrongConfiguration } from '../configuration.js';
import type { Terminal } from '../terminal.js';
import { startBridge, type RunningBridge } from './start-bridge.js';

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
  terminal: Pick<Terminal, 'env' | 'on' | 'stderr'>,
): Promise<number> {
  const environment = terminal.env;
  const patienceMs = patienceOf(stopWithin);
  const file = resolve(config);
  const hungUp = hangUps(terminal);
  const seen = await fileStates([file]);
  const { model, warnings } = checked(readConfiguration(file), 'bridge', environment);
  const source = bridgeFile(file, terminal);
  const loaded = source.load();
  // It was right a moment ago.
  if (!loaded.ok) throw new WrongConfiguration(loaded.problems);
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
  const tellProblems = (text: string): void => void terminal.stderr.write(`${text}\n`);
  const facts = { ...source, ...exchanging(running, listen), tellProblems };
  const reloads = new Reloads(facts, loaded, log, new Metrics());
  await reloads.start(seen);
  hungUp(() => void reloads.reload('SIGHUP'));
  log.info('service-started', { host: part.listen.host, port: running.port });
  log.info('service-stopping', { reason: await stop });
  reloads.stop();
  await running.close(Math.min(part.shutdownTimeoutMs, patienceMs));
  await log.flush();
  return 0;
}

/** SIGHUP ends a process that does not listen to it: this one does from its beginning. */
function hangUps(terminal: Pick<Terminal, 'on'>): (heard: () => void) => void {
  let isAsked = false;
  let listener = (): void => {
    isAsked = true;
  };
  terminal.on('SIGHUP', () => listener());
  return (heard) => {
    listener = heard;
    if (isAsked) heard();
  };
}

interface BridgeFile {
  readonly load: () => Loaded;
  /** Whatever it was read from. */
  readonly files: ReadonlySet<string>;
}

function bridgeFile(file: string, { env: environment }: Pick<Terminal, 'env'>): BridgeFile {
  const files = new Set([file]);
  const readsFile = (path: string): void => void files.add(path);
  return { files, load: () => loadConfiguration(file, { part: 'bridge', environment, readsFile }) };
}

/** What a new file changes: programs and their limits, but not how the bridge is reached. */
function exchanging(
  running: RunningBridge,
  listen: string | undefined,
): Pick<ReloadedService<BridgePart>, 'partOf' | 'planOf' | 'reconfigure'> {
  const partOf = (model: GatehouseModel): BridgePart => listeningAt(bridgePart(model), listen);
  return {
    partOf,
    reconfigure: (part) => running.exchange(part),
    planOf: (before, after) => {
      const [earlier, now] = [partOf(before.model), partOf(after.model)];
      return {
        needsRestart: bridgeNeedsRestart(earlier, now),
        changed: sameContent(earlier.backends, now.backends) ? [] : ['backends'],
      };
    },
  };
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
    for (const signal of ['SIGTERM', 'SIGINT'] as const) terminal.on(signal, () => resolved(signal));
    // Without a log reader it would run on unseen.
    log.onReaderGone(() => resolved('log reader gone'));
    // The launcher's end of the pipe closes with it, however it died.
    if (terminal.env['GATEHOUSE_STOP_WITH_PARENT'] === '1')
      process.stdin.once('close', () => resolved('launcher gone')).resume();
  });
}
