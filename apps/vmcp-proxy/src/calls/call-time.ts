import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { BackendResponse } from '../backends/backend-response.client.js';

/** How long a client may take to answer a backend's question in the middle of a call. */
export const ANSWER_WITHIN_MS = 10 * MINUTE_MS;

export interface TimeLimits {
  /** For the call, or for what comes after the newest sign of progress. */
  readonly timeoutMs: number;
  /** For the call in all, however much progress there is; `timeoutMs` where progress extends nothing. */
  readonly maxTimeoutMs: number;
}

/** How long the exchange of one call may still take, whichever of its responses is being read. */
export class CallTime {
  readonly #beganAtMs: number;
  #deadlineAtMs: number;
  #response: Pick<BackendResponse, 'expireAfter'> | undefined;
  /** What the client is asked on account of this call. */
  #ownQuestions = 0;
  /** What clients of the backend's session are asked, for this call perhaps. */
  #sessionsQuestions = 0;

  constructor(
    private readonly limits: TimeLimits,
    private readonly nowMs: () => number = Date.now,
    private readonly answerWithinMs = ANSWER_WITHIN_MS,
  ) {
    this.#beganAtMs = nowMs();
    this.#deadlineAtMs = this.#beganAtMs + limits.timeoutMs;
  }

  get deadlineAtMs(): number {
    return this.#deadlineAtMs;
  }

  get leftMs(): number {
    return this.#deadlineAtMs - this.nowMs();
  }

  /** The response that is read from now on; it was asked for within the deadline. */
  of(response: Pick<BackendResponse, 'expireAfter'>): void {
    this.#response = response;
  }

  /** The backend works on it (MCP 2025-11-25, lifecycle, timeouts). */
  progressed(): void {
    const { timeoutMs, maxTimeoutMs } = this.limits;
    const deadlineAtMs = Math.min(this.nowMs() + timeoutMs, this.#beganAtMs + maxTimeoutMs);
    if (maxTimeoutMs > timeoutMs && deadlineAtMs > this.#deadlineAtMs) this.#endAt(deadlineAtMs);
  }

  /** People answer at their own pace; the backend's time limit is for the backend. Called for each question and each answer. */
  waits(forClient: boolean): void {
    this.#ownQuestions += forClient ? 1 : -1;
    if (forClient) this.#endAt(this.nowMs() + this.answerWithinMs);
    else this.#answered();
  }

  /** It may be this call whose questions others are asked: then it takes as long as they do. @param open how many there are. */
  sessionAsks(open: number): void {
    const isMore = open > this.#sessionsQuestions;
    this.#sessionsQuestions = open;
    if (isMore) this.#endAt(Math.max(this.#deadlineAtMs, this.nowMs() + this.answerWithinMs));
    else this.#answered();
  }

  #answered(): void {
    if (this.#ownQuestions === 0 && this.#sessionsQuestions === 0)
      this.#endAt(this.nowMs() + this.limits.timeoutMs);
  }

  #endAt(deadlineAtMs: number): void {
    this.#deadlineAtMs = deadlineAtMs;
    this.#response?.expireAfter(Math.max(this.leftMs, 0));
  }
}
