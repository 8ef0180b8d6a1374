import pg from 'pg';
import { setTimeout as pause } from 'node:timers/promises';

/** Writes numbers, one transaction each, and knows which of them were acknowledged. */
export class Probe {
  readonly #acknowledged: number[] = [];
  #isRunning = true;
  #ended: Promise<void> = Promise.resolve();

  private constructor(private readonly url: string) {}

  static async start(url: string): Promise<Probe> {
    const probe = new Probe(url);
    await probe.#ask('create table probe (number int primary key)');
    probe.#ended = probe.#write();
    return probe;
  }

  async stop(): Promise<{ readonly acknowledged: number; readonly lost: number }> {
    this.#isRunning = false;
    await this.#ended;
    const rows = await this.#ask<{ number: number }>('select number from probe');
    const found = new Set(rows.map(({ number }) => number));
    const lost = this.#acknowledged.filter((number) => !found.has(number)).length;
    return { acknowledged: this.#acknowledged.length, lost };
  }

  async #write(): Promise<void> {
    for (let number = 1; this.#isRunning; number += 1) {
      const written = await this.#ask(`insert into probe values (${number})`).then(
        () => true,
        () => false,
      );
      if (written) this.#acknowledged.push(number);
      await pause(50);
    }
  }

  async #ask<Row extends object>(text: string): Promise<readonly Row[]> {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: 2_000,
      query_timeout: 2_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(text)).rows;
    } finally {
      // A silent connection is not worth waiting for.
      void client.end().catch(() => undefined);
    }
  }
}
