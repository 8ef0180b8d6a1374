import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log } from '@gatehouse/observability/log';
import { randomUUID } from 'node:crypto';
import type { Answer } from '../mcp/answer.js';
import { AwaitedAnswer } from './awaited-answer.js';
import { HandedAnswer } from './handed-answer.js';
import type { HandedStream, Said } from './handed-stream.js';
import { RemoteReader } from './remote-reader.js';
import { UnreadBytes } from './unread-bytes.js';
import type { StreamPost } from './stream-post.client.js';

/** A replica that says nothing for so long is gone, or cannot be reached. */
const ANSWERS_WITHIN_MS = 2 * SECOND_MS;
/** Of the signs of life that each side gives, so many may be lost. */
const SIGNS = 3;
/** Each way. */
const MOST = 10_000;

/** A request as it came, as far as another replica needs it. */
export interface HandedRequest {
  /** Of the endpoint. */
  readonly place: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Thumbprint of the certificate that its client has shown. */
  readonly certificate?: string | undefined;
}

/** Answers a request that came to another replica, with every check that one of its own gets. */
export type Serve = (request: HandedRequest, answer: Answer) => Promise<void>;

/** What ends the waiting for another replica. */
interface Ending {
  attach(stop: (reason: GatehouseError) => void): void;
}

interface Waiting {
  readonly awaited: AwaitedAnswer;
  readonly over: () => void;
  readonly lost: (reason: GatehouseError) => void;
  silence: NodeJS.Timeout | undefined;
}

/** A call that waits for its client's answers, and the request that brings them to another replica (ADR 26, ADR 32). */
export class RetryHandovers {
  /** Requests here whose calls wait elsewhere. */
  readonly #waiting = new Map<string, Waiting>();
  /** Requests elsewhere whose calls wait here. */
  readonly #answering = new Map<string, RemoteReader>();
  /** Those, and others of which something is still to be sent. */
  readonly #open = new Set<RemoteReader>();
  readonly #unread = new UnreadBytes();
  #timer: NodeJS.Timeout | undefined;
  #serve: Serve | undefined;

  constructor(
    private readonly post: Pick<StreamPost, 'say'>,
    /** Of this replica. */
    private readonly address: string,
    private readonly log: Pick<Log, 'failure'>,
    /** How often each side says that it is there. */
    private readonly signMs: number,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** @param serve what answers requests here. */
  serveWith(serve: Serve): void {
    this.#serve = serve;
  }

  /**
   * Resolves when that replica has answered the request, or its client has gone.
   * @throws {GatehouseError} when it has not, or not to the end.
   */
  async handOn(replica: string, request: HandedRequest, answer: Answer, ending: Ending): Promise<void> {
    if (this.#waiting.size >= MOST) throw new GatehouseError('busy', 'too many requests are handed over');
    const reader = randomUUID();
    let isSaid = false;
    await new Promise<void>((resolve, reject) => {
      // Where the other side goes on after all, it would go on for nobody.
      const leaves = (done: () => void): void => {
        if (this.#ends(reader, done) && isSaid) void this.post.say(replica, { said: 'left', reader });
      };
      const waiting: Waiting = {
        awaited: new AwaitedAnswer(answer, replica, this.nowMs, this.#unread.ofOne()),
        over: () => void this.#ends(reader, resolve),
        lost: (reason) => leaves(() => reject(reason)),
        silence: setTimeout(() => waiting.lost(GONE), ANSWERS_WITHIN_MS),
      };
      this.#waiting.set(reader, waiting);
      this.#starts();
      answer.onGone(() => leaves(resolve));
      ending.attach(waiting.lost);
      // Answers are used up where the call waits: not for a client that has gone meanwhile.
      if (!this.#waiting.has(reader)) return;
      isSaid = true;
      void this.post
        .say(replica, { said: 'retried', reader, replica: this.address, ...request })
        .then((wasSent) => {
          if (!wasSent) waiting.lost(NOT_HANDED);
        });
    });
  }

  /** Resolves when all that was handed to this replica is answered, and the answers are sent. */
  async settled(): Promise<void> {
    for (const remote of this.#open) await new Promise<void>((resolve) => remote.onClosed(resolve));
  }

  /** @returns false for what is about something else. */
  hear(said: HandedStream): boolean {
    if (said.said === 'retried') {
      void this.#retried(said);
      return true;
    }
    const waiting = this.#waiting.get(said.reader);
    const answering = this.#answering.get(said.reader);
    if (waiting !== undefined) this.#heard(waiting, said);
    else if (answering === undefined) return false;
    else if (said.said === 'still') answering.still();
    else if (said.said === 'left') answering.left();
    return true;
  }

  #heard(waiting: Waiting, said: HandedStream): void {
    clearTimeout(waiting.silence);
    if (said.said === 'begun') waiting.awaited.begins(said);
    else if (said.said === 'broken') waiting.lost(GONE);
    else if (said.said === 'sent') {
      const outcome = waiting.awaited.sent(said);
      if (outcome === 'over') waiting.over();
      else if (outcome === 'lost') waiting.lost(GONE);
    }
  }

  async #retried({ reader, replica, ...request }: Said<'retried'>): Promise<void> {
    if (this.#answering.has(reader)) return;
    const say = async (said: HandedStream): Promise<boolean> => await this.post.say(replica, said);
    if (this.#serve === undefined || this.#answering.size >= MOST) {
      await say({ said: 'broken', reader });
      return;
    }
    const remote = new RemoteReader(
      async (number, text, isLast) => await say({ said: 'sent', reader, number, text, isLast }),
      () => this.#answering.delete(reader),
      SIGNS * this.signMs,
      this.nowMs,
    );
    this.#answering.set(reader, remote);
    this.#open.add(remote);
    remote.onClosed(() => this.#open.delete(remote));
    this.#starts();
    // It is there, and has the request.
    remote.write('');
    const answer = new HandedAnswer(
      remote,
      (beginning) => void say({ said: 'begun', reader, ...beginning }),
      () => void say({ said: 'broken', reader }),
    );
    try {
      await this.#serve(request, answer);
    } catch (error) {
      this.log.failure('handed-request-failed', error);
      answer.breakOff();
    }
  }

  /** @returns false where it has ended before. */
  #ends(reader: string, done: () => void): boolean {
    const waiting = this.#waiting.get(reader);
    if (waiting === undefined) return false;
    clearTimeout(waiting.silence);
    this.#waiting.delete(reader);
    waiting.awaited.over();
    done();
    return true;
  }

  #starts(): void {
    this.#timer ??= setInterval(() => this.#tick(), this.signMs).unref();
  }

  /** Each side says that it is there, and looks whether the other one is. */
  #tick(): void {
    const nowMs = this.nowMs();
    for (const [reader, { awaited, lost }] of [...this.#waiting])
      if (nowMs - awaited.heardAtMs > SIGNS * this.signMs) lost(GONE);
      else void this.post.say(awaited.replica, { said: 'still', reader });
    for (const remote of [...this.#answering.values()]) remote.write('');
    if (this.#waiting.size > 0 || this.#answering.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

const maybeRan = (why: string): GatehouseError =>
  new GatehouseError('unavailable', why, { details: { ran: 'maybe' } });

const GONE = maybeRan('the replica at which the call waits is gone, or cannot be reached');
const NOT_HANDED = maybeRan('the answers cannot be handed to the replica at which the call waits');
