import { setTimeout as delay } from 'node:timers/promises';
import type { BridgedBackend } from '@gatehouse/config/bridge-part';
import { bridgedPath } from '@gatehouse/config/model/stdio';
import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { sameContent } from '@gatehouse/kernel/same-content';
import { countedWarning } from '@gatehouse/observability/counted-warning';
import type { Log } from '@gatehouse/observability/log';
import type { Answer } from './answer.js';
import type { Caller } from './callers.js';
import { refuseOtherProgram } from './other-program.js';
import type { RpcMessage } from './rpc-message.js';
import { Session, type Started } from './session.js';

type Initialize = Extract<RpcMessage, { kind: 'request' }>;

export interface SessionSurroundings {
  /** Where a backend's program works. */
  readonly folderOf: (backend: BridgedBackend) => string;
  /** Of the bridge itself. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

const SWEEP_EVERY_MS = SECOND_MS;
/** Others may take the room that an ended program leaves. */
const MAX_TRIES_FOR_ROOM = 5;
const LOOK_EVERY_MS = SECOND_MS / 20;

/** All sessions, and with them all programs that run. */
export class Sessions {
  readonly #open = new Map<string, Session>();
  /** Until nothing is left of its program. */
  readonly #withProgram = new Set<Session>();
  readonly #sweeper = setInterval(() => this.#sweep(Date.now()), SWEEP_EVERY_MS).unref();
  readonly #skipped = new Map<string, () => void>();
  #isStopping = false;
  #backends: ReadonlyMap<string, BridgedBackend> = new Map();

  constructor(private readonly surroundings: SessionSurroundings) {}

  /** A session is its person's alone: to everybody else it is not there. */
  find(path: string, id: string, { person }: Caller): Session | undefined {
    const session = this.#open.get(id);
    return session !== undefined &&
      bridgedPath(session.owner.backend.name) === path &&
      equalsInConstantTime(session.owner.person ?? '', person ?? '')
      ? session
      : undefined;
  }

  /** From now on backends are these. A session whose program is another one now, or none, takes no more requests and ends after its last. */
  exchange(backends: readonly BridgedBackend[]): void {
    this.#backends = new Map(backends.map((backend) => [backend.name, backend]));
    for (const session of this.#open.values()) this.#update(session);
  }

  #update(session: Session): void {
    const now = this.#backends.get(session.owner.backend.name);
    if (now !== undefined && isSameProgram(now, session.owner.backend)) session.limitsAre(now);
    else session.retire();
  }

  /** Whether the session's program has another token than the call. */
  hasOtherToken({ owner }: Session, { token }: Caller): boolean {
    return owner.backend.tokenEnv !== undefined && owner.tokenDigest !== digestOf(token);
  }

  /** Begins a session with a program of its own, and answers `initialize`. */
  async begin(
    backend: BridgedBackend,
    caller: Caller,
    initialize: { readonly message: Initialize; readonly bytes: Buffer },
    answer: Answer,
  ): Promise<void> {
    const session = await this.#place(backend, caller);
    if (session === 'exchanged') {
      refuseOtherProgram(answer);
      return;
    }
    if (session === 'no room') {
      answer.status(503, 'There is no room for another program.', { 'retry-after': '1' });
      return;
    }
    const started: Started =
      session === undefined
        ? { ok: false, status: 502, why: 'could not be started' }
        : await session.initialize(initialize.message, initialize.bytes);
    if (session !== undefined && started.ok && !started.isError && answer.isOpen && session.isOpen) {
      this.#open.set(session.id, session);
      session.lastUsedAtMs = Date.now();
      answer.last(started.line, { 'mcp-session-id': session.id });
      // Exchanged while it began.
      this.#update(session);
      return;
    }
    void session?.end();
    if (started.ok) {
      answer.last(started.line);
      return;
    }
    this.surroundings.log.warn('program-not-started', { backend: backend.name, how: started.why });
    answer.status(started.status, `The program ${started.why}.`);
  }

  /** What runs may finish; then everything ends. */
  async close(withinMs: number): Promise<void> {
    this.#isStopping = true;
    const deadlineAtMs = Date.now() + withinMs;
    while (Date.now() < deadlineAtMs && [...this.#withProgram].some(({ isIdle }) => !isIdle))
      await delay(LOOK_EVERY_MS);
    clearInterval(this.#sweeper);
    await Promise.all([...this.#withProgram].map((session) => session.end('was ended: the bridge stops')));
  }

  #start(backend: BridgedBackend, { person, token }: Caller): Session | undefined {
    const { folderOf, environment, log } = this.surroundings;
    const given = backend.tokenEnv === undefined ? undefined : token;
    const owner = { backend, person, tokenDigest: digestOf(given) };
    try {
      const session: Session = new Session(
        owner,
        { folder: folderOf(backend), environment, token: given, log },
        {
          ended: (how) => {
            this.#open.delete(session.id);
            log.info('session-ended', { backend: backend.name, how });
          },
          skipped: this.#skippedOf(backend.name),
        },
      );
      this.#withProgram.add(session);
      void session.gone.then(() => this.#withProgram.delete(session));
      return session;
    } catch {
      // The system has no process, or no pipe, to give; or there is too much environment.
      return undefined;
    }
  }

  /**
   * Makes room and takes it in the same turn: others may wait for it as well.
   * @returns `exchanged` when another program has that name meanwhile; `no room` when as many programs run as may, and all of them
   * are at work; `undefined` when it could not be started
   */
  async #place(
    backend: BridgedBackend,
    caller: Caller,
  ): Promise<Session | 'no room' | 'exchanged' | undefined> {
    for (let tries = 0; tries < MAX_TRIES_FOR_ROOM; tries += 1) {
      if (this.#isStopping) return 'no room';
      // A program that was taken away meanwhile gets nobody's token any more.
      const now = this.#backends.get(backend.name);
      if (now === undefined || !isSameProgram(now, backend)) return 'exchanged';
      const full = this.#full(now, caller);
      if (full === undefined) return this.#start(now, caller);
      const ending = full.find(({ isEnding }) => isEnding);
      const [idlest] = full
        .filter(({ isIdle }) => isIdle)
        .toSorted((left, right) => left.lastUsedAtMs - right.lastUsedAtMs);
      const leaving = ending ?? idlest;
      if (leaving === undefined) return 'no room';
      await leaving.end('made room for another session');
    }
    return 'no room';
  }

  /** @returns those of whom one has to leave first; `undefined` where there is room */
  #full(backend: BridgedBackend, { person }: Caller): readonly Session[] | undefined {
    const { atOnce, atOncePerPerson } = backend.processes;
    const all = [...this.#withProgram].filter(({ owner }) => owner.backend.name === backend.name);
    const own = all.filter(({ owner }) => person !== undefined && owner.person === person);
    return own.length >= atOncePerPerson ? own : all.length >= atOnce ? all : undefined;
  }

  #sweep(nowMs: number): void {
    for (const session of this.#open.values())
      if (session.isIdle && nowMs - session.lastUsedAtMs >= session.owner.backend.processes.idleTimeoutMs)
        void session.end('was idle');
  }

  #skippedOf(backend: string): () => void {
    const known = this.#skipped.get(backend);
    if (known !== undefined) return known;
    const skipped = countedWarning(this.surroundings.log, 'program-output-skipped', { backend });
    this.#skipped.set(backend, skipped);
    return skipped;
  }
}

/** Other limits, and other times, make no other program. */
const isSameProgram = (left: BridgedBackend, right: BridgedBackend): boolean =>
  left.program === right.program && sameContent(left.secretEnv, right.secretEnv);

const digestOf = (token: Caller['token']): string | undefined =>
  token === undefined ? undefined : sha256(token.reveal());
