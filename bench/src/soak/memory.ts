import { SERVICES } from '@gatehouse/kernel/services';
import type { Program } from '@gatehouse/testing/program';
import { cpuMicros, rssMiB } from '../processes.js';
import { liveHeapMiB } from './live-heap.js';
import { slopeOf } from './slope.js';
import type { Faulty } from './faults.js';

interface Sample {
  readonly atMs: number;
  readonly mib: number;
  /** Processor time since its start. */
  readonly cpuMicros: number;
}

/** One process from its start to its end; a program that is started again begins another. */
interface Life {
  readonly name: string;
  readonly pid: number;
  readonly samples: Sample[];
  /** When everything else was collected: once it was warm, and at the end. */
  readonly live: { readonly atMs: number; readonly mib: number }[];
}

const EVERY_MS = 1_000;
/** Until caches are full and code is compiled: this share of a life, once everybody has worked, and no more than that. */
const WARM_UP_SHARE = 0.4;
const WARM_UP_AT_MOST_MS = 5 * 60_000;
/** A shorter life says nothing about hours. */
const TELLS_FROM_MS = 10 * 60_000;
/** Growth that nobody has to look at. */
const FLAT_MIB_PER_HOUR = 30;

/** The memory of every process, and its processor time, sampled all the time. */
export class Memory {
  readonly #lives: Life[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #programs: readonly (readonly [string, Program])[];
  #warmFromMs = 0;

  constructor({ world, backend }: Pick<Faulty, 'world' | 'backend'>) {
    this.#programs = [
      ...SERVICES.flatMap((service) =>
        world.replicas[service].map((program, index) => [`${service} ${index}`, program] as const),
      ),
      ['backend', backend],
      ['demonstration', world.demonstration.program],
    ];
    // Nobody stops it when the soak is interrupted, or fails: it must not hold the process.
    this.#timer = setInterval(() => this.#sample(), EVERY_MS).unref();
  }

  /** Everybody has worked: what grew until now says nothing. */
  async isWarm(): Promise<void> {
    this.#warmFromMs = Date.now();
    await this.#collect();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#collect();
  }

  get now(): string {
    return this.#programs
      .map(
        ([name]) =>
          `${name} ${
            this.#lives
              .findLast((life) => life.name === name)
              ?.samples.at(-1)
              ?.mib.toFixed(0) ?? '-'
          }`,
      )
      .join(', ');
  }

  /** @returns the lives that grew. */
  print(): readonly string[] {
    const rows = this.#lives
      .filter(({ samples }) => samples.length > 2)
      .map(({ name, pid, samples, live }) => {
        const [first, last] = [samples[0]?.atMs ?? 0, samples.at(-1)?.atMs ?? 0];
        const begun = Math.max(first, Math.min(this.#warmFromMs, last));
        const warmAtMs = begun + Math.min(WARM_UP_SHARE * (last - begun), WARM_UP_AT_MOST_MS);
        const warm = samples.filter(({ atMs }) => atMs >= warmAtMs);
        const { perHour, plusMinus } = slopeOf(warm.map(({ atMs, mib }) => [atMs / 3_600_000, mib]));
        const tells = last - warmAtMs >= TELLS_FROM_MS;
        const livePerHour =
          live.length < 2 ? undefined : slopeOf(live.map(({ atMs, mib }) => [atMs / 3_600_000, mib])).perHour;
        const grows = perHour - plusMinus > FLAT_MIB_PER_HOUR && (livePerHour ?? perHour) > FLAT_MIB_PER_HOUR;
        return {
          process: name,
          pid,
          minutes: Number(((last - first) / 60_000).toFixed(1)),
          'MiB warm': Math.round(warm[0]?.mib ?? 0),
          'MiB last': Math.round(samples.at(-1)?.mib ?? 0),
          'MiB most': Math.round(Math.max(...samples.map(({ mib }) => mib))),
          cores: Number(coresOf(warm).toFixed(3)),
          'MiB/h': Math.round(perHour),
          '±': Math.round(plusMinus),
          'live MiB': live.map(({ mib }) => mib.toFixed(1)).join(' → '),
          'live MiB/h': livePerHour === undefined ? '' : Math.round(livePerHour),
          verdict: tells ? (grows ? 'GROWS' : 'flat') : 'too short to tell',
        };
      });
    console.table(rows);
    const services = rows.filter(({ process: name }) => isService(name));
    const minutes = Math.max(...rows.map((row) => row.minutes));
    const cores = services.reduce((sum, row) => sum + (row.cores * row.minutes) / minutes, 0);
    console.log(`the services used ${cores.toFixed(2)} cores when they were warm`);
    // Those of strangers are shown, and say nothing about the gateway.
    return rows
      .filter((row) => row.verdict === 'GROWS' && isService(row.process))
      .map(({ process: name }) => name);
  }

  /** One after the other: collecting takes a moment of each. */
  async #collect(): Promise<void> {
    for (const [name, program] of this.#programs) {
      const life = this.#lives.find(({ pid }) => pid === program.pid);
      const mib = isService(name) ? await liveHeapMiB(program) : undefined;
      if (mib !== undefined) life?.live.push({ atMs: Date.now(), mib });
    }
  }

  #sample(): void {
    for (const [name, { pid }] of this.#programs) {
      if (pid === undefined) continue;
      const now = readingOf(pid);
      if (now === undefined) continue;
      let life = this.#lives.find((one) => one.pid === pid);
      if (life === undefined) this.#lives.push((life = { name, pid, samples: [], live: [] }));
      life.samples.push({ atMs: Date.now(), ...now });
    }
  }
}

const isService = (name: string): boolean => SERVICES.some((service) => name.startsWith(service));

function coresOf(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.atMs === first.atMs) return 0;
  return (last.cpuMicros - first.cpuMicros) / ((last.atMs - first.atMs) * 1_000);
}

/** Absent: it has just ended. */
function readingOf(pid: number): Omit<Sample, 'atMs'> | undefined {
  try {
    const mib = rssMiB(pid);
    return Number.isFinite(mib) ? { mib, cpuMicros: cpuMicros(pid) } : undefined;
  } catch {
    return undefined;
  }
}
