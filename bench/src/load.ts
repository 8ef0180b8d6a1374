import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Pool } from 'undici';

export interface Target {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The process whose CPU time is counted. */
  readonly pid: number;
}

export interface Sample {
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicrosPerCall: number;
}

/** Calls over `connections` kept connections, one at a time on each, for `durationMs`. Any answer that is not right ends the run. */
export async function load(target: Target, connections: number, durationMs: number): Promise<Sample> {
  const { origin, pathname } = new URL(target.url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const latencies: number[] = [];
  const cpuBefore = cpuMicros(target.pid);
  const startedAtMs = performance.now();
  const endAtMs = startedAtMs + durationMs;
  const worker = async () => {
    while (performance.now() < endAtMs) {
      const sentAtMs = performance.now();
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: pathname,
        headers: target.headers,
        body: target.body,
      });
      const text = await body.text();
      latencies.push(performance.now() - sentAtMs);
      if (statusCode !== 200 || !text.includes('"text":"bench"'))
        throw new Error(`${target.name}: ${statusCode} ${text.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const elapsedSeconds = (performance.now() - startedAtMs) / 1_000;
  const cpuSpent = cpuMicros(target.pid) - cpuBefore;
  await pool.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    calls: latencies.length,
    callsPerSecond: latencies.length / elapsedSeconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuMicrosPerCall: cpuSpent / latencies.length,
  };
}

/** User and system time of a process, all threads; the kernel counts in ticks of 10 ms (proc(5)). */
function cpuMicros(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return Number.NaN;
  }
}
