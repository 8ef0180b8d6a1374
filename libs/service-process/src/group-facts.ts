import type { JobReport, ReadinessReport } from '@gatehouse/observability/readiness';

/** `away`: it does not run, or does not answer. */
type WorkerState = ReadinessReport['status'] | 'away';

/** By number of the worker; `undefined`: it is away. */
export type OfWorkers<Answer> = ReadonlyMap<number, Answer | undefined>;

type Failing = Extract<JobReport, { status: 'failing' }>;

export interface GroupReadiness extends ReadinessReport {
  readonly workers: Readonly<Record<string, WorkerState>>;
}

/** A group can do what one of its workers can: the others' clients come to it when they try again. */
export function groupReadiness(reports: OfWorkers<ReadinessReport>): GroupReadiness {
  const states = [...reports].map(([worker, report]) => [worker, report?.status ?? 'away'] as const);
  const known = [...reports.values()].filter((report) => report !== undefined);
  const isWhole = states.every(([, state]) => state === 'ready');
  const isReady = known.some(({ status }) => status !== 'unready');
  return {
    status: isWhole ? 'ready' : isReady ? 'degraded' : 'unready',
    jobs: jobsOf(known),
    clocks: clocksOf(known),
    workers: Object.fromEntries(states),
  };
}

/** A job that fails at one worker fails for those who are connected to it. */
function jobsOf(reports: readonly ReadinessReport[]): ReadinessReport['jobs'] {
  const jobs = new Map<string, JobReport>();
  for (const report of reports)
    for (const [name, job] of Object.entries(report.jobs)) {
      const before = jobs.get(name);
      jobs.set(name, before?.status === 'failing' ? bothFailing(before, job) : job);
    }
  return Object.fromEntries(jobs);
}

function bothFailing(one: Failing, other: JobReport): Failing {
  if (other.status === 'ok') return one;
  const advice = one.advice ?? other.advice;
  return {
    status: 'failing',
    // RFC 3339 of one time zone: the order of texts is that of times.
    since: one.since < other.since ? one.since : other.since,
    without: [...new Set([...one.without, ...other.without])],
    ...(advice === undefined ? {} : { advice }),
  };
}

/** One machine has one clock: the measurement that is furthest off. */
function clocksOf(reports: readonly ReadinessReport[]): ReadinessReport['clocks'] {
  const clocks = new Map<string, ReadinessReport['clocks'][string]>();
  for (const report of reports)
    for (const [against, clock] of Object.entries(report.clocks))
      if (Math.abs(clock.skewSeconds) >= Math.abs(clocks.get(against)?.skewSeconds ?? 0))
        clocks.set(against, clock);
  return Object.fromEntries(clocks);
}

/** What the text format has of one metric. */
interface Family {
  /** What it is; every process says the same. */
  readonly head: Set<string>;
  readonly samples: string[];
}

/**
 * The metrics of several processes as one text: each sample says whose it is (`worker`), and the samples of one metric stand
 * together, as the format demands.
 */
export function groupMetrics(texts: ReadonlyMap<string, string>): string {
  const families = new Map<string, Family>();
  for (const [worker, text] of texts) {
    let family: Family | undefined;
    for (const line of text.split('\n')) {
      const name = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (name !== undefined) {
        family = families.get(name) ?? { head: new Set(), samples: [] };
        families.set(name, family);
        family.head.add(line);
      } else if (line !== '') family?.samples.push(ofWorker(line, worker));
    }
  }
  return [...families.values()]
    .map(({ head, samples }) => [...head, ...samples].join('\n'))
    .join('\n\n')
    .concat('\n');
}

const ofWorker = (sample: string, worker: string): string =>
  sample.replace(/^([\w:]+)(\{?)/, (_all, name: string, brace: string) =>
    brace === '' ? `${name}{worker="${worker}"}` : `${name}{worker="${worker}",`,
  );
