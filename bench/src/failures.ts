/** What callers were told instead of an answer: each text once, with how often, and between which minutes. */
export class Failures {
  readonly #beganAtMs = Date.now();
  readonly #told = new Map<string, { count: number; readonly fromMs: number; untilMs: number }>();

  add(what: string): void {
    const known = this.#told.get(what);
    if (known === undefined) this.#told.set(what, { count: 1, fromMs: Date.now(), untilMs: Date.now() });
    else Object.assign(known, { count: known.count + 1, untilMs: Date.now() });
  }

  print(): void {
    const minute = (atMs: number) => ((atMs - this.#beganAtMs) / 60_000).toFixed(1);
    for (const [what, { count, fromMs, untilMs }] of this.#told)
      console.log(`failed ${count} times from minute ${minute(fromMs)} to ${minute(untilMs)}: ${what}`);
  }
}
