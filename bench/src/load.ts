import { performance } from 'node:perf_hooks';
import { Pool } from 'undici';
import { cpuMicros, forgetPeak, peakMiB } from './processes.js';

export interface Target {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The process that is measured. */
  readonly pid: number;
  /** Those that work for it, the sender of the load not counted. */
  readonly others?: readonly number[];
}

export interface Sample {
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicrosPerCall: number;
  /** Of all processes, with the one that sends the load. */
  readonly allCpuMicrosPerCall: number;
  readonly peakMiB: number;
}

const RIGHT_ANSWER = '"text":"bench"';

/** Sends the call of a target, over as many kept connections as are needed at once, `connections` at most. */
export class Caller {
  readonly #pool: Pool;
  readonly #path: string;

  constructor(
    private readonly target: Pick<Target, 'url' | 'headers' | 'body'>,
    connections: number,
  ) {
    const { origin, pathname } = new URL(target.url);
    this.#pool = new Pool(origin, { connections, pipelining: 1 });
    this.#path = pathname;
  }

  /** @returns `undefined`: the answer is right; otherwise what it was. */
  async call(): Promise<string | undefined> {
    const { headers, body: sent } = this.target;
    const { statusCode, body } = await this.#pool.request({
      method: 'POST',
      path: this.#path,
      headers,
      body: sent,
    });
    const bytes = Buffer.from(await body.arrayBuffer());
    return statusCode === 200 && bytes.includes(RIGHT_ANSWER)
      ? undefined
      : `${statusCode} ${bytes.toString('utf8', 0, 300)}`;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** Calls over `connections` kept connections, one at a time on each, for `durationMs`. Any answer that is not right ends the run. */
export async function load(target: Target, connections: number, durationMs: number): Promise<Sample> {
  const caller = new Caller(target, connections);
  const latencies: number[] = [];
  const all = [process.pid, target.pid, ...(target.others ?? [])];
  const allMicros = (): number => all.reduce((sum, pid) => sum + cpuMicros(pid), 0);
  forgetPeak(target.pid);
  const before = { own: cpuMicros(target.pid), all: allMicros() };
  const startedAtMs = performance.now();
  const endAtMs = startedAtMs + durationMs;
  const worker = async () => {
    while (performance.now() < endAtMs) {
      const sentAtMs = performance.now();
      const wrong = await caller.call();
      latencies.push(performance.now() - sentAtMs);
      if (wrong !== undefined) throw new Error(`${target.name}: ${wrong}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const elapsedSeconds = (performance.now() - startedAtMs) / 1_000;
  const spent = { own: cpuMicros(target.pid) - before.own, all: allMicros() - before.all };
  await caller.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    calls: latencies.length,
    callsPerSecond: latencies.length / elapsedSeconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuMicrosPerCall: spent.own / latencies.length,
    allCpuMicrosPerCall: spent.all / latencies.length,
    peakMiB: peakMiB(target.pid),
  };
}
