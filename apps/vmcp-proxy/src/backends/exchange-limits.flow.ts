import type { BackendLimits } from '@gatehouse/config/model/backend';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/**
 * What a request is for: a call or a list; something that a session needs so that calls can end; a stream on which the
 * backend tells what nobody asked for; the stream of a session in which calls run; or to see whether it is there.
 */
export type Purpose = 'call' | 'control' | 'feed' | 'session' | 'probe';

/** One exchange with a backend, as it is counted. */
export interface Slot {
  /** The answer goes on as an event stream. @param stop ends the exchange: there is no room for it. */
  streams(stop: (reason: GatehouseError) => void): void;
  /** It is over. */
  leave(): void;
}

export interface Running {
  readonly calls: number;
  readonly streams: number;
}

/** Cancellations, answers to questions, goodbyes: short, and never worth a call's place. */
const CONTROL = { most: 128, mostOfOne: 32 };
/** Each sign-in of a person that listens has one. There are as many places for them as for the streams of calls. */
const FEEDS_OF_ONE = 8;
/** A stream that has no place among the streams may be a short answer: it keeps a call's place for so long. */
const SHORT_ANSWER_MS = 5 * SECOND_MS;
const RETRY_AFTER_SECONDS = '1';

/** Connections that a backend may need at most. */
export const mostExchanges = ({ calls, streams }: BackendLimits): number =>
  calls + 3 * streams + CONTROL.most;

/**
 * How much runs at one backend. What is over a limit is refused at once: a queue would say nothing until everybody's time
 * is over. Answers that go on as streams leave the places of calls, so that however many of them there are, short calls go
 * on. A person counts once, whatever number of sign-ins there are.
 */
export class ExchangeLimits {
  readonly #calls: Budget;
  readonly #streams: Budget;
  readonly #control = new Budget(CONTROL.most, CONTROL.mostOfOne);
  readonly #feeds: Budget;
  readonly #sessions: Budget;

  constructor(
    private readonly backend: string,
    limits: BackendLimits,
    private readonly shortAnswerMs = SHORT_ANSWER_MS,
  ) {
    this.#calls = new Budget(limits.calls, limits.callsPerPerson);
    this.#streams = new Budget(limits.streams, limits.streamsPerPerson);
    this.#feeds = new Budget(limits.streams, FEEDS_OF_ONE);
    this.#sessions = new Budget(limits.streams, limits.streamsPerPerson);
  }

  get running(): Running {
    return { calls: this.#calls.taken, streams: this.#streams.taken };
  }

  /** @param person absent: callers that cannot be told apart. @throws {GatehouseError} `busy` */
  enter(purpose: Purpose, person: string | undefined): Slot {
    let budget: Budget | undefined = this.#budgetOf(purpose);
    if (!budget.take(person)) throw this.#busy('too many calls are running', 'no');
    let timer: NodeJS.Timeout | undefined;
    const move = (): boolean => {
      if (budget === this.#calls && this.#streams.take(person)) {
        this.#calls.giveBack(person);
        budget = this.#streams;
      }
      return budget !== this.#calls;
    };
    return {
      streams: (stop) => {
        if (move()) return;
        const refuse = (): void => stop(this.#busy('too many streams are open', 'maybe'));
        if (this.#streams.isFullFor(person)) refuse();
        else timer = setTimeout(() => move() || refuse(), this.shortAnswerMs).unref();
      },
      leave: () => {
        clearTimeout(timer);
        budget?.giveBack(person);
        budget = undefined;
      },
    };
  }

  #budgetOf(purpose: Purpose): Budget {
    switch (purpose) {
      case 'call':
        return this.#calls;
      case 'feed':
        return this.#feeds;
      case 'session':
        return this.#sessions;
      case 'control':
      case 'probe':
        return this.#control;
    }
  }

  #busy(why: string, ran: 'no' | 'maybe'): GatehouseError {
    const details = { backend: this.backend, ran, retryAfterSeconds: RETRY_AFTER_SECONDS };
    return new GatehouseError('busy', why, { details });
  }
}

class Budget {
  #taken = 0;
  readonly #takenBy = new Map<string, number>();

  constructor(
    private readonly most: number,
    private readonly mostOfOne: number,
  ) {}

  get taken(): number {
    return this.#taken;
  }

  take(person: string | undefined): boolean {
    if (this.#taken >= this.most || this.isFullFor(person)) return false;
    this.#add(person, 1);
    return true;
  }

  giveBack(person: string | undefined): void {
    this.#add(person, -1);
  }

  /** Whether the person has used up the share of one person. */
  isFullFor(person: string | undefined): boolean {
    return person !== undefined && (this.#takenBy.get(person) ?? 0) >= this.mostOfOne;
  }

  #add(person: string | undefined, change: number): void {
    this.#taken += change;
    if (person === undefined) return;
    const taken = (this.#takenBy.get(person) ?? 0) + change;
    if (taken === 0) this.#takenBy.delete(person);
    else this.#takenBy.set(person, taken);
  }
}
