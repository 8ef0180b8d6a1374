import { atMost } from '@gatehouse/kernel/at-most';
import { LRUCache } from 'lru-cache';
import type { Peer } from '../backends/peer.js';
import type { Refused } from '../backends/peer-messages.client.js';
import type { RawObject } from '../json/raw-json.js';
import type { RequestId } from '../mcp/message.js';
import { ANONYMOUS, personKey, type Principal } from '../incoming-auth/principal.js';
import { GivenPages } from './given-pages.js';
import { withOpenedTask, type OpensTasks } from './related-task.js';

const NO_TASKS: OpensTasks = { open: async () => await Promise.resolve(undefined) };
const MAX_OPEN = 10_000;
/** However many sessions the person has: nobody pushes out what others were asked. */
const MAX_OPEN_OF_ONE = 64;
/** Of the same person: no backend keeps the others from asking. */
const MAX_OPEN_OF_BACKEND = 32;

/** A request of a backend to a legacy client in the middle of a call (elicitation, sampling, roots). */
export interface BackendQuestion {
  readonly backend: string;
  readonly principal: Principal;
  readonly peer: Peer;
  /** The id that the backend gave it. */
  readonly id: RequestId;
  readonly answered: () => void;
  /** Absent: as long as the call runs. Otherwise it may be that the session is over in which it was asked; then it gives its place to another one. */
  readonly isWanted?: (() => boolean) | undefined;
  /** The backend did not take the answer. */
  readonly undelivered?: Refused;
  /** Takes the client's response in the place of the backend, where no session there waits for it. */
  readonly answer?: (response: RawObject) => void;
}

/**
 * Questions that are open at this replica. Backends number their requests alike, so the client gets an id of ours, and
 * only the session that was asked can answer.
 */
export class BackendQuestions {
  /** Questions that nobody answers fall out in the end. */
  readonly #open = new LRUCache<string, OpenQuestion>({
    ...atMost(MAX_OPEN),
    dispose: (question) => this.#closed(question),
  });
  /** By persons, and by what they are asked by one backend. */
  readonly #openOf = new Map<string, Set<OpenQuestion>>();
  readonly pages = new GivenPages();
  #asked = 0;

  constructor(
    /** Of this replica: the client may send its answer to another one. */
    private readonly address: string,
    private readonly tasks: OpensTasks = NO_TASKS,
  ) {}

  /** @param session digest of its id. @returns the id for the client; `undefined` when its user was asked too much already. */
  ask(session: string, question: BackendQuestion): string | undefined {
    if (!this.#hasRoomFor(question)) return undefined;
    this.#asked += 1;
    const id = `gatehouse-question-${this.address}-${this.#asked}`;
    const open = { ...question, key: keyOf(session, id) };
    for (const key of countedFor(question)) {
      const those = this.#openOf.get(key) ?? new Set();
      this.#openOf.set(key, those.add(open));
    }
    this.#open.set(open.key, open);
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

  #hasRoomFor(question: BackendQuestion): boolean {
    if (question.principal.key === ANONYMOUS.key) return true;
    const [person, backend] = countedFor(question);
    const isFull = (): boolean =>
      this.#openCount(backend) >= MAX_OPEN_OF_BACKEND || this.#openCount(person) >= MAX_OPEN_OF_ONE;
    if (isFull()) this.#forgetUnwanted(person);
    return !isFull();
  }

  #openCount(key: string): number {
    return this.#openOf.get(key)?.size ?? 0;
  }

  /** Those of sessions that are over: no answer of theirs counts. */
  #forgetUnwanted(person: string): void {
    for (const question of [...(this.#openOf.get(person) ?? [])]) {
      if (question.isWanted?.() !== false) continue;
      this.#open.delete(question.key);
      question.answered();
      question.undelivered?.();
    }
  }

  #closed(question: OpenQuestion): void {
    for (const key of countedFor(question)) {
      const those = this.#openOf.get(key);
      those?.delete(question);
      if (those?.size === 0) this.#openOf.delete(key);
    }
  }
}

const QUESTION_ID = /^gatehouse-question-([A-Za-z0-9_-]{43})-\d{1,15}$/;

type OpenQuestion = BackendQuestion & { readonly key: string };

/** @returns what names the person, and the person at that backend. */
const countedFor = ({ principal, backend }: BackendQuestion): readonly [string, string] => {
  const person = personKey(principal);
  return [person, `${person}\n${backend}`];
};

const keyOf = (session: string, id: RequestId): string => `${session}\n${JSON.stringify(id)}`;
