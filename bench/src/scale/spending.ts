import type { World } from '@gatehouse/testing/world';
import { cpuMicrosWithEnded, startedPrograms } from '../processes.js';

/** Who works for a gateway under load, and the load itself. */
const WORKERS = [
  'proxies',
  'vaults',
  'authorization servers',
  'Postgres',
  'NATS',
  'providers and backends',
  'load',
] as const;
type Worker = (typeof WORKERS)[number];
export type Spent = Readonly<Record<Worker, number>>;

/** Processor time by who used it. */
export class Spending {
  #before: Spent;

  constructor(private readonly world: World) {
    this.#before = this.#all();
  }

  begin(): void {
    this.#before = this.#all();
  }

  /** In microseconds, since it began. */
  end(): Spent {
    const now = this.#all();
    return Object.fromEntries(WORKERS.map((name) => [name, now[name] - this.#before[name]])) as Record<
      Worker,
      number
    >; // all of them, by construction
  }

  #all(): Spent {
    const { replicas, demonstration } = this.world;
    const of = (programs: readonly { readonly pid: number | undefined }[]): number =>
      microsOf(programs.flatMap(({ pid }) => pid ?? []));
    return {
      proxies: of(replicas['vmcp-proxy']),
      vaults: of(replicas['token-vault']),
      'authorization servers': of(replicas['authorization-server']),
      Postgres: microsOf(startedPrograms('postgres')),
      NATS: microsOf(startedPrograms('nats-server')),
      'providers and backends': of([demonstration.program]),
      load: microsOf([process.pid]),
    };
  }
}

export const totalOf = (spent: Spent): number =>
  Object.values(spent).reduce((sum, micros) => sum + micros, 0);

function microsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      // Of this process the children are counted for themselves.
      return sum + cpuMicrosWithEnded(pid);
    } catch {
      // It has ended since it was found.
      return sum;
    }
  }, 0);
}
