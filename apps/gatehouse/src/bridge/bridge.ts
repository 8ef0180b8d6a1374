import { dirname, resolve } from 'node:path';
import {
  bridgedBackends,
  bridgePart,
  type BridgedBackend,
  type BridgePart,
} from '@gatehouse/config/bridge-part';
import { loadConfiguration, type Loaded } from '@gatehouse/config/load';
import type { ListenAddress } from '@gatehouse/config/model/listen-addresses';
import { parseDurationMs } from '@gatehouse/kernel/durations';
import { isLoopbackAddress } from '@gatehouse/config/urls/hosts';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { fileStates, type FileStates } from '@gatehouse/service-process/file-watch';
import { Reloads } from '@gatehouse/service-process/reloads';
import { Cannot } from '../cannot.js';
import { reasonOf } from '../reason.js';
import { closedTerminal } from '../closed-terminal.js';
import { WrongConfiguration } from '../configuration.js';
import type { Terminal } from '../terminal.js';
import { refuseUnreadable } from '../unreadable.js';
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
  const source = await bridgeFile(resolve(config), environment);
  const { model, warnings } = source.first;
  const part = listeningAt(bridgePart(model), listen);
  if (part.backends.length === 0)
    throw new Cannot(`No backend of ${config} has a command: there is nothing to run.`, 'configuration');
  if (part.secret === undefined && !isLoopbackAddress(part.listen.host))
    throw new Cannot(
      'Without bridge.secret the bridge listens on a loopback address only. Write bridge.secret, or name such an address: --listen 127.0.0.1:8080',
      'usage',
    );
  const log = new Log('bridge');
  for (const { path, message } of warnings) log.warn('configuration-warning', { path, reason: message });
  const folder = dirname(source.file);
  const hangUps = new HangUps();
  const stop = stopRequest(log, terminal, hangUps);
  const running = await startBridge(
    part,
    { folderOf: ({ cwd = '.' }) => resolve(folder, cwd), environment },
    log,
  ).catch((error: unknown) => {
    const { host, port } = part.listen;
    throw new Cannot(
      `The bridge cannot listen on ${host}, port ${port}: ${reasonOf(error)}. Stop what listens there, or name another address: --listen <address:port>`,
      'tryAgain',
    );
  });
  if (part.secret === undefined)
    log.warn('bridge-without-secret', { reason: 'every program of this machine can call it' });
  const reloads = reloadsOf(source, running, log, terminal);
  await reloads.start(source.seen);
  hangUps.hear(() => void reloads.reload('SIGHUP'));
  log.info('service-started', { host: part.listen.host, port: running.port });
  log.info('service-stopping', { reason: await stop });
  reloads.stop();
  await running.close(Math.min(part.shutdownTimeoutMs, patienceMs));
  await log.flush();
  return 0;
}

interface BridgeFile {
  readonly file: string;
  readonly load: () => Loaded;
  readonly first: LoadedWell;
  /** Whatever it was read from. */
  readonly files: ReadonlySet<string>;
  /** How they were before they were read. */
  readonly seen: FileStates;
}

type LoadedWell = Extract<Loaded, { ok: true }>;

/** @throws {WrongConfiguration} with every problem */
async function bridgeFile(file: string, environment: Terminal['env']): Promise<BridgeFile> {
  const seen = await fileStates([file]);
  // What is no file at all is said in its own words.
  refuseUnreadable(file);
  const files = new Set([file]);
  const readsFile = (path: string): void => void files.add(path);
  const virtualServer = environment['GATEHOUSE_VIRTUAL_SERVER'];
  const load = (): Loaded =>
    loadConfiguration(file, { part: 'bridge', environment, readsFile, virtualServer });
  const first = load();
  if (!first.ok) throw new WrongConfiguration(first.problems);
  return { file, load, first, files, seen };
}

/** Takes up what services take up, and nothing that they do not: then no two of them run two files for long (ADR 51, ADR 69). */
const reloadsOf = (
  { first, ...source }: BridgeFile,
  running: RunningBridge,
  log: Log,
  { stderr }: Pick<Terminal, 'stderr'>,
): Reloads<readonly BridgedBackend[]> =>
  new Reloads(
    {
      ...source,
      partOf: bridgedBackends,
      reconfigure: (backends) => running.exchange(backends),
      tellProblems: (text) => void stderr.write(`${text}\n`),
    },
    first,
    log,
    new Metrics(),
  );

/** SIGHUP ends a process that does not listen to it; one that comes before there is anything to reload is not forgotten. */
class HangUps {
  readonly isClosed = closedTerminal();
  #heard: (() => void) | undefined;
  #isWaiting = false;

  came(): void {
    if (this.#heard === undefined) this.#isWaiting = true;
    else this.#heard();
  }

  hear(heard: () => void): void {
    this.#heard = heard;
    if (this.#isWaiting) heard();
  }
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
async function stopRequest(
  log: Log,
  terminal: Pick<Terminal, 'env' | 'on'>,
  hangUps: HangUps,
): Promise<string> {
  return await new Promise((resolved) => {
    for (const asked of ['SIGTERM', 'SIGINT', 'unread'] as const) terminal.on(asked, () => resolved(asked));
    terminal.on('SIGHUP', () => {
      if (hangUps.isClosed()) resolved('SIGHUP');
      else hangUps.came();
    });
    // Without a log reader it would run on unseen.
    log.onReaderGone(() => resolved('log reader gone'));
    // The launcher's end of the pipe closes with it, however it died.
    if (terminal.env['GATEHOUSE_STOP_WITH_PARENT'] === '1')
      process.stdin.once('close', () => resolved('launcher gone')).resume();
  });
}
