import { GatehouseError } from './gatehouse-error.js';
import type { Secret } from './secret.js';
import { SingleFlight, type Flight } from './single-flight.js';

interface Landed<Value> {
  readonly token: string | undefined;
  readonly outcome: PromiseSettledResult<Value>;
}

/**
 * One run per key at a time, whichever of its tokens a caller comes with. That one of them has ended says nothing of the others: whoever
 * shared such an outcome of another token runs it with its own. Once: others may come with such tokens all the time.
 */
export class TokenFlights<Key, Value> {
  readonly #flights = new SingleFlight<Key, Landed<Value>>();

  /** @throws what the work throws. */
  async run(
    key: Key,
    { token }: { readonly token?: Secret },
    work: (flight: Flight) => Promise<Value>,
  ): Promise<Value> {
    const own = token?.reveal();
    const join = async (): Promise<Landed<Value>> =>
      await this.#flights.run(key, async (flight) => {
        const [outcome] = await Promise.allSettled([work(flight)]);
        return { token: own, outcome };
      });
    let landed = await join();
    if (landed.token !== own && hasEnded(landed)) landed = await join();
    if (landed.outcome.status === 'rejected') throw landed.outcome.reason;
    return landed.outcome.value;
  }

  /** @see SingleFlight.drop */
  drop(keys?: Iterable<Key>): void {
    this.#flights.drop(keys);
  }
}

const hasEnded = ({ outcome }: Landed<unknown>): boolean =>
  outcome.status === 'rejected' &&
  outcome.reason instanceof GatehouseError &&
  outcome.reason.code === 'token_invalid';
