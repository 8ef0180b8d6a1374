import type { FailureHandling } from '@gatehouse/config/model/failure-handling';

/** `unknown`: it was not probed, or not often enough to say. */
export type Health = 'unknown' | 'healthy' | 'unhealthy';

/** What probes in a row say of a backend. */
export class ProbeTally {
  #health: Health = 'unknown';
  #inARow = 0;
  #wereAlive: boolean | undefined;

  constructor(
    private readonly thresholds: Pick<FailureHandling, 'healthyThreshold' | 'unhealthyThreshold'>,
  ) {}

  get health(): Health {
    return this.#health;
  }

  /** @returns whether its health is another one than before. */
  note(isAlive: boolean): boolean {
    this.#inARow = this.#wereAlive === isAlive ? this.#inARow + 1 : 1;
    this.#wereAlive = isAlive;
    const { healthyThreshold, unhealthyThreshold } = this.thresholds;
    if (this.#inARow < (isAlive ? healthyThreshold : unhealthyThreshold)) return false;
    const before = this.#health;
    this.#health = isAlive ? 'healthy' : 'unhealthy';
    return this.#health !== before;
  }
}
