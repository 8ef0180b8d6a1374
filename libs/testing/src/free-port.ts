import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that the kernel gives to outgoing connections, which would take one between the look and the use. */
const FIRST = 11_000;
const SLICES = 8;
const PORTS_PER_SLICE = 2_700;
const ATTEMPTS = 50;

/** Test workers look at once, so each has ports of its own; several runs on one machine start at random. */
const slice = FIRST + (Number(process.env['JEST_WORKER_ID'] ?? 0) % SLICES) * PORTS_PER_SLICE;
const handedOut = new Set<number>();

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return await freePortBase(1);
}

/** The first of so many ports in a row that were all free a moment ago. */
export async function freePortBase(count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const base = slice + randomInt(PORTS_PER_SLICE - count);
    const ports = Array.from({ length: count }, (_, offset) => base + offset);
    if (ports.some((port) => handedOut.has(port))) continue;
    for (const port of ports) handedOut.add(port);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
  throw new Error(`no ${count} free ports in a row found`);
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
