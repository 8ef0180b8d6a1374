import { LRUCache } from 'lru-cache';
import type { Peer } from '../backends/peer.js';
import type { RawObject } from '../json/raw-json.js';
import type { RequestId } from '../mcp/message.js';
import { ANONYMOUS, personKey, type Principal } from '../incoming-auth/principal.js';
import { withOpenedTask, type OpensTasks } from './related-task.js';

const NO_TASKS: OpensTasks = { open: async () => await Promise.resolve(undefined) };
const MAX_OPEN = 10_000;
/** However many sessions the person has: nobody pushes out what others were asked. */
const MAX_OPEN_OF_ONE = 64;

/** A request of a backend to a legacy client in the middle of a call (elicitation, sampling, roots). */
export interface BackendQuestion {
  readonly backend: string;
  readonly principal: Principal;
  readonly peer: Peer;
  /** The id that the backend gave it. */
  readonly id: RequestId;
  readonly answered: () => void;
  /** Absent: as long as the call runs. */
  readonly isWanted?: (() => boolean) | undefined;
  /** The backend did not take the answer. */
  readonly undelivered?: () => void;
  /** Takes the client's response in the place of the backend, where no session there waits for it. */
  readonly answer?: (response: RawObject) => void;
}

/**
 * Questions that are open at this replica. Backends number their requests alike, so the client gets an id of ours, and
 * only the session that was asked can answer.
 */
export class BackendQuestions {
  /** Questions that nobody answers fall out in the end. */
  readonly #open = new LRUCache<string, BackendQuestion>({
    max: MAX_OPEN,
    dispose: ({ principal }) => this.#count(principal, -1),
  });
  readonly #openOf = new Map<string, number>();
  #asked = 0;

  constructor(
    /** Of this replica: the client may send its answer to another one. */
    private readonly address: string,
    private readonly tasks: OpensTasks = NO_TASKS,
  ) {}

  /** @param session digest of its id. @returns the id for the client; `undefined` when its user was asked too much already. */
  ask(session: string, question: BackendQuestion): string | undefined {
    const { principal } = question;
    const open = this.#openOf.get(personKey(principal)) ?? 0;
    if (open >= MAX_OPEN_OF_ONE && principal.key !== ANONYMOUS.key) return undefined;
    this.#asked += 1;
    const id = `gatehouse-question-${this.address}-${this.#asked}`;
    this.#count(principal, 1);
    this.#open.set(keyOf(session, id), question);
    return id;
  }

  /** The question that the session answers; each is answered once. */
  take(session: string, id: RequestId): BackendQuestion | undefined {
    const key = keyOf(session, id);
    const question = this.#open.get(key);
    this.#open.delete(key);
    return question;
  }

  /** A client's response, as that backend reads it. @see {@link withOpenedTask} */
  response(body: RawObject, backend: string, by: Principal): RawObject | Promise<RawObject> {
    return withOpenedTask(body, backend, by, this.tasks);
  }

  /** The replica that asked under that id, if it was another one. */
  askedElsewhere(id: RequestId): string | undefined {
    const address = typeof id === 'string' ? QUESTION_ID.exec(id)?.[1] : undefined;
    return address === this.address ? undefined : address;
  }

  #count(principal: Principal, change: number): void {
    const person = personKey(principal);
    const open = (this.#openOf.get(person) ?? 0) + change;
    if (open > 0) this.#openOf.set(person, open);
    else this.#openOf.delete(person);
  }
}

const QUESTION_ID = /^gatehouse-question-([A-Za-z0-9_-]{43})-\d{1,15}$/;

const keyOf = (session: string, id: RequestId): string => `${session}\n${JSON.stringify(id)}`;
