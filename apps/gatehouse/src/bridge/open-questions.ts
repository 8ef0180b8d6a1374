import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { Answer } from './answer.js';
import { idKey, type RpcId } from './rpc-message.js';

/** The proxy gives a person ten minutes; an answer that was lost must not hold the program for longer. */
const ANSWER_WITHIN_MS = 11 * MINUTE_MS;
/** A program that asks without end and takes no answer costs no more than this. */
const MAX_QUESTIONS = 1_000;

interface Question {
  readonly id: RpcId;
  /** Where it was asked; absent while nobody listens. */
  stream: Answer | undefined;
  readonly timer: NodeJS.Timeout;
}

/** Requests of a program that its client has yet to answer. Nobody answers what was not asked. */
export class OpenQuestions {
  readonly #open = new Map<string, Question>();

  constructor(
    /** Whether any is open now. */
    private readonly changed: (isAny: boolean) => void,
    /** Nobody will answer it: the program is told. */
    private readonly refused: (id: RpcId) => void,
    private readonly answerWithinMs = ANSWER_WITHIN_MS,
  ) {}

  /** @returns false when too many are open: it is refused */
  add(id: RpcId, stream: Answer | undefined): boolean {
    const key = idKey(id);
    const before = this.#open.get(key);
    if (before === undefined && this.#open.size >= MAX_QUESTIONS) {
      this.refused(id);
      return false;
    }
    clearTimeout(before?.timer);
    const timer = setTimeout(() => this.refuse(id), this.answerWithinMs).unref();
    this.#open.set(key, { id, stream, timer });
    if (this.#open.size === 1) this.changed(true);
    return true;
  }

  /** Somebody listens at last. */
  askedOn(id: RpcId, stream: Answer): void {
    const question = this.#open.get(idKey(id));
    if (question !== undefined) question.stream = stream;
  }

  /** It was answered, or is asked no more. @returns whether it was open */
  close(id: RpcId): boolean {
    const key = idKey(id);
    clearTimeout(this.#open.get(key)?.timer);
    const wasOpen = this.#open.delete(key);
    if (wasOpen && this.#open.size === 0) this.changed(false);
    return wasOpen;
  }

  refuse(id: RpcId): void {
    if (this.close(id)) this.refused(id);
  }

  /** Whoever was asked there answers no more. */
  refuseThoseOn(stream: Answer): void {
    for (const question of [...this.#open.values()]) if (question.stream === stream) this.refuse(question.id);
  }

  clear(): void {
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }
}
