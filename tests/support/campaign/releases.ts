import type { World } from '@gatehouse/testing/world';
import { setTimeout as pause } from 'node:timers/promises';
import { inVault } from '../database.js';

/**
 * How many credentials the vaults released, at least. It is read all the time, because a killed process loses its
 * counters.
 */
export class Releases {
  /** Of each replica: what processes that ended had counted when they were last seen, and the living one. */
  readonly #counts = new Map<number, { before: number; now: number }>();
  #isRunning = true;
  readonly #ended: Promise<void>;

  constructor(private readonly world: World) {
    this.#ended = this.#watch();
  }

  async stop(): Promise<{ readonly seen: number; readonly rows: number }> {
    this.#isRunning = false;
    await this.#ended;
    const seen = [...this.#counts.values()].reduce((sum, { before, now }) => sum + before + now, 0);
    const [row] = await inVault<{ rows: string }>(this.world, 'select count(*) as rows from custody_log');
    return { seen, rows: Number(row?.rows ?? 0) };
  }

  async #watch(): Promise<void> {
    while (this.#isRunning) {
      await Promise.all(this.world.internalPortsOf('token-vault').map((port) => this.#look(port)));
      await pause(500);
    }
  }

  async #look(port: number): Promise<void> {
    const signal = AbortSignal.timeout(1_000);
    const text = await fetch(`http://127.0.0.1:${port}/metrics`, { signal })
      .then((response) => response.text())
      .catch(() => undefined);
    if (text === undefined) return;
    const total = [...text.matchAll(/^\w*vault_releases_total\{[^}]*\} (\d+)/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
    const { before, now } = this.#counts.get(port) ?? { before: 0, now: 0 };
    this.#counts.set(port, total < now ? { before: before + now, now: total } : { before, now: total });
  }
}
