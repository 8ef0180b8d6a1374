import cluster, { type Worker } from 'node:cluster';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { closeWithWorker } from './handed-connections.js';
import type { WholeLines } from './whole-lines.js';
import type { AskedOfWorker, WorkerAnswers, WorkerQuestion } from './worker-answers.js';

/** A report takes a second at most; and its own part of a probe's time is left to the primary. */
const ANSWERS_WITHIN_MS = 2 * SECOND_MS;

/** sysexits(3): something is wrong with the configuration. */
export const EX_CONFIG = 78;
/** Exit code when a dependency is unavailable; the same start may work later. */
export const EX_TEMPFAIL = 75;

/** How a process ended; with neither code nor signal it was not started. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface WorkerOutputs {
  readonly out: WholeLines;
  readonly err: WholeLines;
}

/** One worker, as its primary sees it. */
export class GroupWorker {
  /** Resolves when it does its work. */
  readonly serving: Promise<void>;
  readonly ended: Promise<WorkerEnd>;
  /** Resolves later than `ended`: everything that it wrote was read. */
  readonly read: Promise<void>;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #asked = 0;
  #isServing = false;

  private constructor(
    private readonly worker: Worker,
    private readonly oldestUntaken: () => number | undefined,
  ) {
    const { process } = worker;
    const serving = Promise.withResolvers<undefined>();
    const ended = Promise.withResolvers<WorkerEnd>();
    const read = Promise.withResolvers<undefined>();
    [this.serving, this.ended, this.read] = [serving.promise, ended.promise, read.promise];
    const over = (code: number | null, signal: string | null): void => {
      this.#isServing = false;
      for (const answered of this.#waiting.values()) answered(undefined);
      ended.resolve({ code, signal });
    };
    process.once('exit', over);
    process.once('close', () => read.resolve(undefined));
    worker.on('error', () => {
      // It could not be started. Other errors come before an end, or after it.
      if (process.pid !== undefined) return;
      over(null, null);
      read.resolve(undefined);
    });
    worker.on('message', (message: unknown) => {
      if (typeof message !== 'object' || message === null) return;
      if ('serving' in message) {
        this.#isServing = true;
        serving.resolve(undefined);
      } else if ('id' in message && typeof message.id === 'number')
        this.#waiting.get(message.id)?.('answer' in message ? message.answer : undefined);
    });
  }

  /** @param environment beside the one of this process, which it gets as it is. */
  static fork(environment: Readonly<Record<string, string>>, outputs: WorkerOutputs): GroupWorker {
    const worker = cluster.fork(environment);
    if (worker.process.pid === undefined) {
      // It was not started (EMFILE): it has neither channel nor outputs, `error` comes, and node:cluster keeps it for ever.
      Reflect.deleteProperty(cluster.workers ?? {}, worker.id);
      return new GroupWorker(worker, () => undefined);
    }
    const untaken = closeWithWorker(worker.process);
    const { stdout, stderr } = worker.process;
    if (stdout !== null) outputs.out.from(stdout);
    if (stderr !== null) outputs.err.from(stderr);
    return new GroupWorker(worker, untaken);
  }

  get isServing(): boolean {
    return this.#isServing;
  }

  /** The oldest connection that it was given and has not said that it has. */
  get untaken(): number | undefined {
    return this.oldestUntaken();
  }

  /** @returns `undefined` when it does not answer in time, or ends. */
  async ask<Q extends WorkerQuestion>(question: Q): Promise<WorkerAnswers[Q] | undefined> {
    if (!this.#isServing) return undefined;
    this.#asked += 1;
    const asked: AskedOfWorker = { ask: question, id: this.#asked };
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const late = setTimeout(() => resolve(undefined), ANSWERS_WITHIN_MS);
    this.#waiting.set(asked.id, resolve);
    // A channel that is closed already: then its end is about to be told.
    this.worker.process.send(asked, undefined, undefined, (error) => {
      if (error !== null) resolve(undefined);
    });
    try {
      // It runs the same program as this process.
      return (await promise) as WorkerAnswers[Q] | undefined;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(asked.id);
    }
  }

  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGHUP'): void {
    if (this.worker.process.pid !== undefined) this.worker.process.kill(signal);
  }
}

/** What keeps one from starting is not itself: no descriptors or memory, a changed configuration, a dependency that is away. */
export const isOfItsSurroundings = ({ code, signal }: WorkerEnd): boolean =>
  signal === null && (code === null || code === EX_CONFIG || code === EX_TEMPFAIL);

/** For the log and for errors. */
export const howItEnded = ({ code, signal }: WorkerEnd): string =>
  signal !== null ? `signal ${signal}` : code !== null ? `exit code ${code}` : 'not started';
