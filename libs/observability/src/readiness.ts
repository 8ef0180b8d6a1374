import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { ClockSkews, type ClockReport } from './clock-skews.js';
import { Log } from './log.js';
import { Metrics } from './metrics.js';
import { NeedsAction } from './needs-action.js';
import { OneLook } from './one-look.js';

/** Something that work depends on. It throws, or takes longer than a second, while it cannot be used. */
export type PartCheck = () => Promise<void> | void;

/** One kind of work of a service. */
export interface Job {
  readonly name: string;
  /** A service that can do none of its main jobs gets no traffic. */
  readonly isMain: boolean;
  /** Names of the parts without which it cannot be done. */
  readonly needs: readonly string[];
}

export type JobReport =
  | { readonly status: 'ok' }
  | {
      readonly status: 'failing';
      /** When it was first seen; RFC 3339. */
      readonly since: string;
      /** The parts that are missing. */
      readonly without: readonly string[];
      /** What operators have to do, where waiting does not help. */
      readonly advice?: string;
    };

export interface ReadinessReport {
  /** `degraded`: some work cannot be done. `unready`: no main work can. */
  readonly status: 'ready' | 'degraded' | 'unready';
  /** It was asked to stop, and finishes what it began. */
  readonly stopping?: true;
  readonly jobs: Readonly<Record<string, JobReport>>;
  readonly clocks: Readonly<Record<string, ClockReport>>;
}

const LOOK_EVERY_MS = 5 * SECOND_MS;
/** By then every connection has been made again, or given up, several times. */
const STUCK_AFTER_MS = MINUTE_MS;

/** What this replica can do now, by job. Parts are added by what provides them, jobs by the service. */
@Injectable()
export class Readiness implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #parts = new Map<string, OneLook>();
  readonly #afresh = new Map<string, OneLook>();
  /** Since when, for those that fail now. */
  readonly #partFailedAtMs = new Map<string, number>();
  readonly #jobs: Job[] = [];
  readonly #failing = new Map<string, Extract<JobReport, { status: 'failing' }>>();
  readonly #gauge;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: Log,
    private readonly clocks: ClockSkews,
    metrics: Metrics,
  ) {
    this.#gauge = metrics.gauge('job_ready', 'Whether this replica can do that work: 1 or 0.', ['job']);
  }

  /** @param afresh checks over a new connection; it returns what is wrong, or nothing. */
  part(name: string, check: PartCheck, afresh?: () => Promise<string | undefined>): void {
    this.#parts.set(name, new OneLook(check));
    if (afresh === undefined) return;
    const look = new OneLook(async () => {
      const problem = await afresh();
      if (problem !== undefined) throw new Error(problem);
    });
    this.#afresh.set(name, look);
  }

  /**
   * Parts that have failed in this process for long although a new connection to them works. This process does not
   * recover by itself; a restarted one would. A part that is unavailable for every process is not listed.
   */
  async stuck(): Promise<readonly string[]> {
    const nowMs = performance.now();
    const longFailing = [...this.#afresh].filter(
      ([name]) => nowMs - (this.#partFailedAtMs.get(name) ?? nowMs) >= STUCK_AFTER_MS,
    );
    const looks = longFailing.map(async ([name, look]) =>
      (await look.failure()) === undefined && this.#partFailedAtMs.has(name) ? [name] : [],
    );
    return (await Promise.all(looks)).flat();
  }

  job(job: Job): void {
    this.#jobs.push(job);
  }

  /** Checks regularly, so that the log and the metric are right when nobody asks. */
  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.report(), LOOK_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** Never throws, and takes a second at most. */
  async report(): Promise<ReadinessReport> {
    const looks = [...this.#parts].map(async ([name, look]) => [name, await look.failure()] as const);
    const failures = new Map((await Promise.all(looks)).filter(([, failure]) => failure !== undefined));
    for (const name of this.#parts.keys())
      if (!failures.has(name)) this.#partFailedAtMs.delete(name);
      else if (!this.#partFailedAtMs.has(name)) this.#partFailedAtMs.set(name, performance.now());
    const jobs = this.#jobs.map((job) => [job.name, this.#judge(job, failures)] as const);
    const isOk = (name: string): boolean => !this.#failing.has(name);
    const main = this.#jobs.filter(({ isMain }) => isMain);
    const isReady = main.length === 0 || main.some(({ name }) => isOk(name));
    const isWhole = this.#jobs.every(({ name }) => isOk(name));
    return {
      status: isWhole ? 'ready' : isReady ? 'degraded' : 'unready',
      jobs: Object.fromEntries(jobs),
      clocks: this.clocks.report(),
    };
  }

  #judge({ name, needs }: Job, failures: ReadonlyMap<string, unknown>): JobReport {
    const without = needs.filter((part) => failures.has(part));
    const before = this.#failing.get(name);
    this.#gauge.set({ job: name }, without.length === 0 ? 1 : 0);
    if (without.length === 0) {
      if (before !== undefined) this.log.info('job-works-again', { job: name, since: before.since });
      this.#failing.delete(name);
      return { status: 'ok' };
    }
    const advice = without.map((part) => NeedsAction.in(failures.get(part))).find((one) => one !== undefined);
    const since = before?.since ?? new Date().toISOString();
    const now = { status: 'failing', since, without, ...(advice === undefined ? {} : { advice }) } as const;
    this.#failing.set(name, now);
    if (before?.without.join() !== without.join())
      this.log.warn('job-failing', {
        job: name,
        without: without.join(' '),
        reason: without.map((part) => GatehouseError.from(failures.get(part)).message).join('; '),
        advice,
      });
    return now;
  }
}
