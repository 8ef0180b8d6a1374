export type FaultName =
  | 'calm'
  | 'proxy killed'
  | 'vault killed'
  | 'authorization server killed'
  | 'NATS restarted'
  | 'Postgres restarted'
  | 'provider slow'
  | 'provider out'
  | 'backend down';

interface Phase {
  readonly name: FaultName;
  readonly fromMs: number;
  untilMs: number;
}

/** When which fault lasted, with the time until everything was well again. */
export class Phases {
  readonly #faults: Phase[] = [];

  begin(name: FaultName): void {
    this.#faults.push({ name, fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY });
  }

  end(): void {
    const last = this.#faults.at(-1);
    if (last !== undefined) last.untilMs = Date.now();
  }

  /** The fault that a request met which began then and ends now: the newest. */
  during(beganAtMs: number): FaultName {
    return this.#faults.findLast(({ untilMs }) => untilMs >= beganAtMs)?.name ?? 'calm';
  }

  /** The first of them: a request that waits for long began to wait then. */
  since(beganAtMs: number): FaultName {
    return this.#faults.find(({ untilMs }) => untilMs >= beganAtMs)?.name ?? 'calm';
  }

  printLengths(): void {
    const lengths = new Map<FaultName, number[]>();
    for (const { name, fromMs, untilMs } of this.#faults)
      lengths.set(name, [...(lengths.get(name) ?? []), (Math.min(untilMs, Date.now()) - fromMs) / 1_000]);
    for (const [name, seconds] of lengths)
      console.log(
        `${name}: ${seconds.length} times, ${seconds.map((one) => one.toFixed(0)).join(', ')} s until all was well`,
      );
  }
}
