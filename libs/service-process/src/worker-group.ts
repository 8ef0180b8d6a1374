import cluster from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import type { ListenAddress } from '@gatehouse/config/model/listen-addresses';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { MAX_ENDS, mayRestart, pauseBeforeRestartMs } from '@gatehouse/kernel/restarts';
import type { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { groupMetrics, groupReadiness, type OfWorkers } from './group-facts.js';
import { EX_TEMPFAIL, GroupWorker, howItEnded, isOfItsSurroundings, type WorkerEnd } from './group-worker.js';
import { startInternalServer, STOPPING, type InternalServer } from './internal-server.js';
import { WholeLines } from './whole-lines.js';
import { WorkerCare } from './worker-care.js';
import type { WorkerAnswers, WorkerQuestion } from './worker-answers.js';

export interface GroupSettings {
  /** More than one. */
  readonly count: number;
  /** The primary alone listens there, and asks the workers. */
  readonly internal: ListenAddress;
  /** How often each worker is asked whether it is well; default: five seconds. */
  readonly lookEveryMs?: number | undefined;
  /** How long a worker may wait for its dependencies. */
  readonly startTimeoutMs: number;
}

/** Names a worker's number to it. */
export const WORKER_VARIABLE = 'GATEHOUSE_WORKER';
/** A worker that was told to stop ends of itself by then; this much later it is killed, and once more that nothing is waited for. */
const KILL_AFTER_MS = SECOND_MS / 2;
export const GROUP_GRACE_MS = 2 * KILL_AFTER_MS;
const LAST_WORDS_MS = SECOND_MS;
const LOOK_EVERY_MS = 5 * SECOND_MS;
/** While others serve, what its surroundings keep from beginning is tried on for as long as they do. */
const TRY_ON_MS = 10 * SECOND_MS;

interface Slot {
  readonly number: number;
  worker: GroupWorker | undefined;
  lastEnd: WorkerEnd | undefined;
  /** Settles when what came of its last worker is done with. */
  kept: Promise<unknown>;
  /** The last few. */
  endedAtMs: readonly number[];
  care: WorkerCare;
  /** Its worker was told to stop, and another one begins in its place. */
  isStopping: boolean;
  /** When the group was told to stop; another one has nothing to end, and how it ends says nothing. */
  wasServing: boolean;
}

type Failed = (reason: string, exitCode: number) => void;

/**
 * Several processes of one service behind its one port. This one owns the listeners, takes no request, and starts a worker
 * again that ends. Each worker is a replica of its own on the bus, so what holds across replicas holds across workers (ADR 39).
 */
export class WorkerGroup {
  readonly #slots: readonly Slot[];
  readonly #outputs = { out: new WholeLines(process.stdout), err: new WholeLines(process.stderr) };
  readonly #metrics = new Metrics();
  readonly #ends;
  readonly #replacements;
  readonly #stop = new AbortController();
  readonly #lookEveryMs: number;
  readonly #maxStartLooks: number;
  #internal: InternalServer | undefined;
  #hasServed = false;
  #failed: Failed = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    { count, lookEveryMs = LOOK_EVERY_MS, startTimeoutMs }: GroupSettings,
    private readonly log: Log,
  ) {
    this.#lookEveryMs = lookEveryMs;
    this.#maxStartLooks = Math.ceil(startTimeoutMs / lookEveryMs);
    this.#slots = Array.from({ length: count }, (_, index) => ({
      number: index + 1,
      worker: undefined,
      lastEnd: undefined,
      kept: Promise.resolve(),
      endedAtMs: [],
      care: new WorkerCare(this.#maxStartLooks),
      isStopping: false,
      wasServing: false,
    }));
    this.#ends = this.#metrics.counter('worker_ends_total', 'Workers that ended and were not asked to.', []);
    this.#replacements = this.#metrics.counter(
      'worker_replacements_total',
      'Workers that were stuck or took no connection, and were stopped for another one.',
      [],
    );
  }

  /** Resolves when all workers do their work. Throws when one of them cannot begin; it has said why. */
  static async start(settings: GroupSettings, log: Log): Promise<WorkerGroup> {
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const group = new WorkerGroup(settings, log);
    group.#internal = await startInternalServer(settings.internal, group.#facts(), log);
    const begun = group.#slots.map((slot) => group.#fork(slot));
    const firstEnd = begun.map(async (worker, index) => {
      const end = await worker.ended;
      await lastWords(worker);
      throw cannotBegin(index + 1, end);
    });
    await Promise.race([...firstEnd, Promise.all(begun.map(({ serving }) => serving))]);
    group.#hasServed = true;
    group.#look();
    log.info('workers-serve', { workers: settings.count });
    return group;
  }

  /** What to do when a worker does not stay, whatever is tried. */
  onFailure(failed: Failed): void {
    this.#failed = failed;
  }

  announceStop(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    clearTimeout(this.#timer);
    for (const slot of this.#slots) {
      slot.wasServing = slot.worker?.isServing === true;
      slot.worker?.signal('SIGTERM');
    }
  }

  /** They have been told when to stop, and do it by themselves. */
  async close(withinMs: number): Promise<void> {
    this.announceStop();
    const late = setTimeout(() => {
      for (const { worker } of this.#slots) worker?.signal('SIGKILL');
    }, withinMs + KILL_AFTER_MS);
    await Promise.all(this.#slots.map(({ kept }) => kept));
    clearTimeout(late);
    await this.#internal?.close();
    const unclean = this.#slots.filter(({ wasServing, lastEnd }) => wasServing && lastEnd?.code !== 0);
    if (unclean.length > 0)
      throw new Error(
        unclean
          .map(
            ({ number, lastEnd }) => `worker ${number}: ${lastEnd === undefined ? '' : howItEnded(lastEnd)}`,
          )
          .join(', '),
      );
  }

  /** All workers that serve are told; one that begins reads what there is then. */
  signalAll(signal: 'SIGHUP'): void {
    for (const { worker } of this.#slots) if (worker?.isServing === true) worker.signal(signal);
  }

  unfinished(): Readonly<Record<string, string>> {
    const running = this.#slots.filter(
      ({ worker, lastEnd }) => worker !== undefined && lastEnd === undefined,
    );
    return { workers: running.map(({ number }) => number).join(' ') };
  }

  #fork(slot: Slot): GroupWorker {
    const worker = GroupWorker.fork({ [WORKER_VARIABLE]: String(slot.number) }, this.#outputs);
    Object.assign(slot, {
      worker,
      lastEnd: undefined,
      care: new WorkerCare(this.#maxStartLooks),
    } satisfies Partial<Slot>);
    slot.kept = this.#keep(slot, worker);
    return worker;
  }

  /** @returns when the worker has ended, and everything that it wrote was passed on. */
  async #keep(slot: Slot, worker: GroupWorker): Promise<void> {
    const end = await worker.ended;
    slot.lastEnd = end;
    // The last words of one that stops are waited for; of the others they come while the next one begins.
    if (this.#stop.signal.aborted || !this.#hasServed) await lastWords(worker);
    else await this.#again(slot, end);
  }

  async #again(slot: Slot, end: WorkerEnd): Promise<void> {
    const { number } = slot;
    slot.worker = undefined;
    const pauseMs = slot.isStopping ? this.#replaced(slot, end) : this.#pauseAfter(slot, end);
    if (pauseMs === undefined) return;
    try {
      await delay(pauseMs, undefined, { signal: this.#stop.signal });
    } catch {
      return;
    }
    try {
      const { serving } = this.#fork(slot);
      void serving.then(() => this.log.info('worker-serves-again', { worker: number }));
    } catch (error) {
      // Node throws where it is no lack of descriptors (ENOMEM).
      this.log.failure('worker-not-begun', error);
      slot.kept = this.#again(slot, { code: null, signal: null });
    }
  }

  /** The group asked for it while all others served: it is no failure, however often its surroundings make it so. */
  #replaced(slot: Slot, end: WorkerEnd): number {
    slot.isStopping = false;
    this.#replacements.inc();
    this.log.info('worker-replaced', { worker: slot.number, how: howItEnded(end) });
    return 0;
  }

  /** @returns `undefined` when it is not begun again. */
  #pauseAfter(slot: Slot, end: WorkerEnd): number | undefined {
    const nowMs = performance.now();
    slot.endedAtMs = [...slot.endedAtMs, nowMs].slice(-MAX_ENDS - 1);
    this.#ends.inc();
    const facts = { worker: slot.number, how: howItEnded(end) };
    if (mayRestart(slot.endedAtMs, nowMs)) {
      const pauseMs = pauseBeforeRestartMs(slot.endedAtMs, nowMs);
      this.log.warn('worker-ended', { ...facts, againInMs: pauseMs });
      return pauseMs;
    }
    if (isOfItsSurroundings(end) && this.#slots.some(({ worker }) => worker?.isServing === true)) {
      this.log.error('worker-keeps-ending', { ...facts, againInMs: TRY_ON_MS });
      return TRY_ON_MS;
    }
    this.log.error('worker-keeps-ending', facts);
    this.#failed('a worker keeps ending', end.code === 0 ? 1 : (end.code ?? 1));
    return undefined;
  }

  /**
   * What an orchestrator does to a process whose liveness fails: one that hangs is killed, one that is stuck is stopped and
   * another begun, one at a time.
   */
  #look(): void {
    this.#timer = setTimeout(() => {
      void this.#lookOnce().then(() => {
        if (!this.#stop.signal.aborted) this.#look();
      });
    }, this.#lookEveryMs).unref();
  }

  async #lookOnce(): Promise<void> {
    const stuck = await this.#ask('stuck');
    if (this.#stop.signal.aborted) return;
    for (const { number, worker, care } of this.#slots) {
      if (worker === undefined) continue;
      const { isServing, untaken } = worker;
      if (!care.hangs({ isServing, untaken, hasAnswered: stuck.get(number) !== undefined })) continue;
      this.log.error('worker-hangs', { worker: number });
      worker.signal('SIGKILL');
    }
    this.#replaceOne(stuck);
  }

  #replaceOne(stuck: OfWorkers<readonly string[]>): void {
    // One that finishes what it has begun serves until it has ended.
    if (this.#slots.some(({ worker, isStopping }) => worker?.isServing !== true || isStopping)) return;
    const first = this.#slots.find(({ number, care }) => care.isDeaf || (stuck.get(number) ?? []).length > 0);
    if (first === undefined) return;
    const { number, worker, care } = first;
    if (care.isDeaf) this.log.warn('worker-takes-no-connection', { worker: number });
    else this.log.warn('worker-stuck', { worker: number, without: stuck.get(number)?.join(' ') });
    first.isStopping = true;
    worker?.signal('SIGTERM');
  }

  #facts() {
    const workers = this.#metrics.gauge('workers', 'Workers of this process, by whether they serve.', [
      'state',
    ]);
    return {
      readiness: async () => {
        const readiness = groupReadiness(await this.#ask('readiness'));
        if (this.#stop.signal.aborted) return { ...STOPPING, workers: readiness.workers };
        // A worker that cannot begin would still end the group.
        return this.#hasServed ? readiness : { ...readiness, status: 'unready' as const };
      },
      // A worker that is stuck is this process's own care.
      stuck: async () => await Promise.resolve([]),
      metrics: {
        contentType: this.#metrics.contentType,
        render: async () => {
          const serving = this.#slots.filter(({ worker }) => worker?.isServing === true).length;
          workers.set({ state: 'serving' }, serving);
          workers.set({ state: 'away' }, this.#slots.length - serving);
          const texts = [...(await this.#ask('metrics'))].map(
            ([number, text]) => [String(number), text ?? ''] as const,
          );
          return groupMetrics(new Map([['primary', await this.#metrics.render()], ...texts]));
        },
      },
      status: async () => ({ workers: Object.fromEntries(await this.#ask('status')) }),
    };
  }

  async #ask<Q extends WorkerQuestion>(question: Q): Promise<OfWorkers<WorkerAnswers[Q]>> {
    return new Map(
      await Promise.all(
        this.#slots.map(async ({ number, worker }) => [number, await worker?.ask(question)] as const),
      ),
    );
  }
}

/** Where nobody reads the log, there is nobody to wait for. */
const lastWords = async ({ read }: GroupWorker): Promise<void> =>
  await Promise.race([read, delay(LAST_WORDS_MS, undefined, { ref: false })]);

/** A start that may work later is one for a worker as well. */
function cannotBegin(number: number, end: WorkerEnd): GatehouseError {
  return new GatehouseError(
    end.code === EX_TEMPFAIL ? 'unavailable' : 'internal',
    `worker ${number} did not start: ${howItEnded(end)}`,
  );
}
