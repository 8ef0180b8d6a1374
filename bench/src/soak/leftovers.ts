import { setTimeout as pause } from 'node:timers/promises';
import type { World } from '@gatehouse/testing/world';
import { KEPT_FOR_MS } from './options.js';

interface Status {
  readonly backends: Readonly<
    Record<string, { readonly running: { readonly calls: number; readonly streams: number } }>
  >;
}

/** What nobody waits for any more is over by then. */
const OVER_WITHIN_MS = 3 * KEPT_FOR_MS;

/** Everybody has left: no replica has anything open at a backend. @returns what is still there. */
export async function leftovers(world: World): Promise<readonly string[]> {
  const giveUpAtMs = Date.now() + OVER_WITHIN_MS;
  for (;;) {
    const open = await openAt(world);
    if (open.length === 0 || Date.now() > giveUpAtMs) return open;
    await pause(500);
  }
}

async function openAt(world: World): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [replica, port] of world.internalPortsOf('vmcp-proxy').entries()) {
    const { backends } = (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as Status;
    for (const [name, { running }] of Object.entries(backends))
      if (running.calls + running.streams > 0)
        found.push(`proxy ${replica} at ${name}: ${running.calls} calls, ${running.streams} streams`);
  }
  return found;
}
