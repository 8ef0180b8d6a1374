import { SECOND_MS } from '@gatehouse/kernel/durations';

/** Later than this is not usable. */
const ANSWERS_WITHIN_MS = SECOND_MS;
/** A check that hangs for this long is given up. What it checked may have been replaced meanwhile. */
const GIVE_UP_AFTER_MS = 10 * SECOND_MS;

/**
 * Checks whether something can be used, one check at a time however often it is asked: a dependency that hangs does not
 * collect checks.
 */
export class OneLook {
  #underWay: { readonly result: Promise<unknown>; readonly begunAtMs: number } | undefined;

  constructor(private readonly look: () => Promise<void> | void) {}

  /** @returns why it cannot be used; `undefined` when it can. */
  async failure(): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Error>((resolve) => {
      timer = setTimeout(() => resolve(new Error('it does not answer in time')), ANSWERS_WITHIN_MS);
    });
    try {
      return await Promise.race([this.#current(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #current(): Promise<unknown> {
    const nowMs = performance.now();
    if (this.#underWay !== undefined && nowMs - this.#underWay.begunAtMs < GIVE_UP_AFTER_MS)
      return this.#underWay.result;
    const result = Promise.resolve()
      .then(this.look)
      .then(
        () => undefined,
        (error: unknown) => error ?? new Error('it failed'),
      )
      .finally(() => {
        if (this.#underWay === mine) this.#underWay = undefined;
      });
    const mine = { result, begunAtMs: nowMs };
    this.#underWay = mine;
    return result;
  }
}
