import 'reflect-metadata';
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Service } from '@gatehouse/kernel/services';
import { loadConfiguration, type Loaded } from '@gatehouse/config/load';
import { WORKER_BOUNDS } from '@gatehouse/config/model/bounds';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import type { ProxyAddresses } from '@gatehouse/config/model/listen-addresses';
import { renderProblems, renderUnreachable } from '@gatehouse/config/findings/render-problems';
import { Log } from '@gatehouse/observability/log';
import type { Metrics } from '@gatehouse/observability/metrics';
import { unreachable, unreachableAfter, type Dependency } from './dependencies.js';
import { collectStartGarbage, collectYoungInOneThread } from './garbage.js';
import { EX_CONFIG, EX_TEMPFAIL } from './group-worker.js';
import { fileStates, type FileStates } from './file-watch.js';
import { Reloads } from './reloads.js';
import { onShiftedPorts, PORT_SHIFT_VARIABLE } from './shifted-ports.js';
import { tellServing } from './worker-answers.js';
import { GROUP_GRACE_MS, type GroupSettings, WORKER_VARIABLE, WorkerGroup } from './worker-group.js';

interface StopTimes {
  /** Between the announcement and the end of accepting anything. */
  readonly shutdownDelayMs: number;
  readonly shutdownTimeoutMs: number;
}

interface Running<Part> {
  announceStop(): void;
  close(withinMs: number): Promise<void>;
  unfinished?(): Readonly<Record<string, string | number>>;
  /** Where it counts; absent: it has no configuration of its own to exchange. */
  readonly metrics?: Pick<Metrics, 'counter' | 'gauge'>;
  /** Takes another part whole, or throws and keeps the one that it has. */
  reconfigure?(part: Part): Promise<void> | void;
  /** Calls back when it cannot go on, with what it ends. */
  onFailure?(failed: (reason: string, exitCode: number) => void): void;
}

export interface ServiceProgram<Part extends StopTimes> {
  readonly service: Service;
  readonly partOf: (model: GatehouseModel) => Part;
  /**
   * What has to answer before the service can start; what does not is named beside the errors of the configuration.
   */
  readonly dependencies: (model: GatehouseModel) => readonly Dependency[];
  /** Left out: it is one process. */
  readonly workers?: (
    part: Part,
  ) => Pick<ProxyAddresses, 'workers'> & Pick<GroupSettings, 'internal' | 'lookEveryMs'>;
  /** Resolves when the service listens. */
  readonly start: (part: Part, log: Log) => Promise<Running<Part>>;
  /** How often the file is looked at; left out: once in a second. */
  readonly lookAtFileEveryMs?: number;
}

/** sysexits(3): the log cannot be written. */
const EX_IOERR = 74;

/**
 * The life of a service's process: configuration (`--config`, else GATEHOUSE_CONFIG, else ./gatehouse.yaml; of several
 * VirtualMCPServers in it, GATEHOUSE_VIRTUAL_SERVER), one message
 * with everything that keeps it from starting, start, and a clean end on SIGTERM, SIGINT, when whoever reads its log is
 * gone or, with GATEHOUSE_STOP_WITH_PARENT=1, whoever launched it.
 */
export async function runService<Part extends StopTimes>(program: ServiceProgram<Part>): Promise<void> {
  collectYoungInOneThread();
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  const path = values.config ?? process.env['GATEHOUSE_CONFIG'] ?? 'gatehouse.yaml';
  const hangUp = hangUps();
  const seen = await fileStates([path]);
  const files = new Set([path]);
  const load = (): Loaded =>
    onShiftedPorts(
      loadConfiguration(path, {
        part: program.service,
        virtualServer: process.env['GATEHOUSE_VIRTUAL_SERVER'],
        readsFile: (file) => files.add(file),
      }),
      process.env[PORT_SHIFT_VARIABLE],
    );
  const loaded = load();
  if (!loaded.ok) {
    const away =
      loaded.model === undefined ? [] : await unreachable(path, program.dependencies(loaded.model));
    console.error(renderProblems([...loaded.problems, ...away]));
    process.exit(EX_CONFIG);
  }
  const log = new Log(program.service, workerNumber());
  const { startTimeoutMs } = loaded.model;
  const away = await unreachableAfter(startTimeoutMs, path, program.dependencies(loaded.model), (late) => {
    for (const { path: setting, message } of late)
      log.warn('waiting-for-dependency', { setting, reason: message });
  });
  if (away.length > 0) {
    console.error(renderUnreachable(away, startTimeoutMs));
    process.exit(EX_TEMPFAIL);
  }
  // The primary has said so already.
  for (const { path: place, message } of cluster.isWorker ? [] : loaded.warnings)
    log.warn('configuration-warning', { path: place, reason: message });
  try {
    const part = program.partOf(loaded.model);
    const running = await started(program, part, startTimeoutMs, log);
    stopWhenAsked(running, part, log);
    await reloadWhenAsked(running, program, { load, loaded, files, seen, hangUp }, log);
    if (cluster.isWorker) tellServing();
    log.info('service-started');
    collectStartGarbage();
  } catch (error) {
    log.failure('service-not-started', error);
    await log.flush();
    // What it depends on answered a moment ago: then it is away again, or slow, and no fault of this program.
    process.exit(GatehouseError.from(error).code === 'unavailable' ? EX_TEMPFAIL : 1);
  }
}

/** Where several processes are wanted, this one becomes their primary, and each of them comes here again as a worker. */
async function started<Part extends StopTimes>(
  { workers, start }: ServiceProgram<Part>,
  part: Part,
  startTimeoutMs: number,
  log: Log,
): Promise<Running<Part>> {
  const wanted = cluster.isWorker ? undefined : workers?.(part);
  const count =
    wanted?.workers === 'auto' ? Math.min(availableParallelism(), WORKER_BOUNDS.max) : wanted?.workers;
  if (wanted === undefined || count === undefined || count === 1) return await start(part, log);
  return await WorkerGroup.start({ ...wanted, count, startTimeoutMs }, log);
}

const workerNumber = (): number | undefined =>
  cluster.isWorker ? Number(process.env[WORKER_VARIABLE]) : undefined;

/** SIGHUP ends a process that does not listen to it: this one does from its beginning. */
function hangUps(): (heard: () => void) => void {
  let isAsked = false;
  let listener = (): void => {
    isAsked = true;
  };
  process.on('SIGHUP', () => listener());
  return (heard) => {
    listener = heard;
    if (isAsked) heard();
  };
}

interface ReadConfiguration {
  readonly load: () => Loaded;
  readonly loaded: Extract<Loaded, { ok: true }>;
  /** Whatever it was read from; one that is named no more, or cannot be read now, stays here. */
  readonly files: ReadonlySet<string>;
  /** Before it was read. */
  readonly seen: FileStates;
  readonly hangUp: (heard: () => void) => void;
}

/** On SIGHUP, and when the file or one that it names changes. */
async function reloadWhenAsked<Part extends StopTimes>(
  running: Running<Part>,
  { partOf, lookAtFileEveryMs }: ServiceProgram<Part>,
  { load, loaded, files, seen, hangUp }: ReadConfiguration,
  log: Log,
): Promise<void> {
  if (running instanceof WorkerGroup) {
    // Each worker looks at the file itself. Their primary has nothing else to exchange, and hands the signal on.
    hangUp(() => running.signalAll('SIGHUP'));
    return;
  }
  const { metrics } = running;
  if (metrics === undefined || running.reconfigure === undefined) return;
  const reconfigure = (part: Part): Promise<void> | void => running.reconfigure?.(part);
  // One of several workers says it for all.
  const tellProblems = (text: string): void => {
    if (!cluster.isWorker || workerNumber() === 1) console.error(text);
  };
  const facts = { load, partOf, reconfigure, files, tellProblems, lookEveryMs: lookAtFileEveryMs };
  const reloads = new Reloads(facts, loaded, log, metrics);
  hangUp(() => void reloads.reload('SIGHUP'));
  await reloads.start(seen);
}

function stopWhenAsked(
  running: Pick<Running<never>, 'announceStop' | 'close' | 'unfinished' | 'onFailure'>,
  { shutdownDelayMs, shutdownTimeoutMs: withinMs }: StopTimes,
  log: Log,
): void {
  // Workers end in their own time, and each says what it could not finish.
  const graceMs = running instanceof WorkerGroup ? GROUP_GRACE_MS : 0;
  // They begin with their delay whatever the reason is.
  const hasteMs = running instanceof WorkerGroup ? shutdownDelayMs : 0;
  let stopping = false;
  const stop = async (reason: string, { exitCode = 0, delayMs = 0 } = {}): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info('service-stopping', { reason });
    running.announceStop();
    await delay(delayMs);
    const end = (code: number) => void log.flush().then(() => process.exit(code));
    setTimeout(() => {
      log.warn('service-stop-took-too-long', { withinMs, ...running.unfinished?.() });
      end(1);
    }, withinMs + graceMs).unref();
    running.close(withinMs).then(
      () => end(exitCode),
      (error: unknown) => {
        log.failure('service-not-stopped-cleanly', error);
        end(1);
      },
    );
  };
  // Without a log reader it would run on unseen.
  log.onReaderGone(() => void stop('log reader gone', { exitCode: EX_IOERR, delayMs: hasteMs }));
  // A worker hears a signal for its process group and that of its primary: the second one is no hurry.
  const hear = cluster.isWorker ? process.on.bind(process) : process.once.bind(process);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    hear(signal, () => void stop(signal, { delayMs: shutdownDelayMs }));
  running.onFailure?.((reason, exitCode) => void stop(reason, { exitCode, delayMs: shutdownDelayMs }));
  if (cluster.isWorker) return;
  // The launcher's end of the pipe closes with it, however it died.
  if (process.env['GATEHOUSE_STOP_WITH_PARENT'] === '1')
    process.stdin.once('close', () => void stop('launcher gone', { delayMs: hasteMs })).resume();
}
