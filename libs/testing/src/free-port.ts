import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** All below the ports that the kernel gives to outgoing connections, which would take one between the look and the use. */
interface Region {
  readonly first: number;
  readonly end: number;
  readonly blockSize: number;
}
const SINGLE: Region = { first: 11_000, end: 20_000, blockSize: 2 };
const ROWS: Region = { first: 20_000, end: 32_000, blockSize: 32 };
const ATTEMPTS = 500;

/** A port that nobody uses and no other test is given. */
export async function freePort(): Promise<number> {
  return await reserve(SINGLE, 1);
}

/** The first of so many ports in a row, all of that kind. */
export async function freePortBase(count: number): Promise<number> {
  return await reserve(ROWS, count);
}

/** The same, with as many free ports again so far above them: a second replica listens there. */
export async function freePortBaseTwice(count: number, step: number): Promise<number> {
  const { first, end, blockSize } = ROWS;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const base = await freePortBase(count);
    const guard = first + blockSize * Math.floor((base + step - first) / blockSize);
    const ports = Array.from({ length: count }, (_, offset) => base + step + offset);
    if (ports.some((port) => port <= guard || port >= guard + blockSize))
      throw new Error('they are not in one block');
    if (guard + blockSize > end) continue;
    const holder = await listening(guard);
    if (holder === undefined) continue;
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
    holder.close();
  }
  throw new Error(`no two times ${count} free ports found`);
}

/**
 * This process listens on the first port of a block as long as it lives. So every other process that wants the block, of
 * this run or another one, sees that it is taken, long before the programs of a test listen themselves.
 */
async function reserve({ first, end, blockSize }: Region, count: number): Promise<number> {
  if (count >= blockSize) throw new Error(`at most ${blockSize - 1} ports in a row`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const guard = first + blockSize * randomInt((end - first) / blockSize);
    const holder = await listening(guard);
    if (holder === undefined) continue;
    const ports = Array.from({ length: count }, (_, offset) => guard + 1 + offset);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return guard + 1;
    holder.close();
  }
  throw new Error(`no ${count} free ports in a row found`);
}

async function listening(port: number): Promise<Server | undefined> {
  return await new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(undefined))
      .unref();
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}
