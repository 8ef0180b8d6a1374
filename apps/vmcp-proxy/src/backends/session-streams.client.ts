import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { personKey } from '../incoming-auth/principal.js';
import type { AuthorizedBackend } from './authorized-backend.flow.js';
import type { BackendMessage } from './backend-message.js';
import type { Peers } from './peers.client.js';
import {
  isOneStream,
  SessionStream,
  type Opening,
  type SessionListener,
  type StreamMember,
  type StreamPlace,
} from './session-stream.client.js';

/** From when the server has the request. One that says nothing until it has something to say is not waited for again soon. */
const OPENS_WITHIN_MS = SECOND_MS;
const IS_SLOW_FOR_MS = 5 * MINUTE_MS;
/** In all, with its credential. */
const WAIT_AT_MOST_MS = 5 * SECOND_MS;
const NOTHING = (): void => undefined;
const NOBODY: SessionListener = { listens: () => false, take: () => false };

/**
 * The streams on which backends with sessions say what belongs to no request (MCP 2025-03-26 to 2025-11-25, transports, listening
 * for messages from the server). Some servers ask there what a call needs, so such a stream is open before a call is sent.
 */
export class SessionStreams {
  readonly #streams = new WeakMap<object, SessionStream>();
  /** No call runs; the one that rests for the longest comes first. */
  readonly #resting = new Set<SessionStream>();
  /** Backends that do not begin the stream at once, and until when that is believed. */
  readonly #slow = new Map<string, number>();
  #listener: SessionListener = NOBODY;

  constructor(
    private readonly backends: Pick<AuthorizedBackend, 'send'>,
    private readonly peers: Pick<Peers, 'answerQuestion' | 'isLeft'>,
  ) {}

  /** @param listener hears what is for no call. */
  hear(listener: SessionListener): void {
    this.#listener = listener;
  }

  /**
   * @returns what to do when the member hears no more: at once where nothing has to be waited for, else when that session is
   * listened to, or cannot be.
   */
  join(place: StreamPlace, member: StreamMember): (() => void) | Promise<() => void> {
    const stream = this.#of(place);
    if (stream === undefined) return NOTHING;
    this.#resting.delete(stream);
    const leave = stream.add(member);
    const opening = stream.open();
    return opening === undefined || this.#isSlow(place.backend)
      ? leave
      : this.#awaited(opening, place).then(() => leave);
  }

  async #awaited(opening: Opening, { backend }: StreamPlace): Promise<void> {
    if ((await inTime(opening)) === 'slow') this.#slow.set(backend, performance.now() + IS_SLOW_FOR_MS);
  }

  /** Another stream of that session is being opened: a server has one for each (MCP, transports). @returns its end. */
  listensElsewhere(place: StreamPlace): () => void {
    return this.#of(place)?.listensElsewhere() ?? NOTHING;
  }

  /** What came on that other stream. @returns false: it is for nobody. */
  hand(place: StreamPlace, message: BackendMessage): boolean {
    return !isOneStream(place.peer) && (this.#of(place)?.hand(message) ?? false);
  }

  #isSlow(backend: string): boolean {
    const untilMs = this.#slow.get(backend);
    if (untilMs === undefined || performance.now() < untilMs) return untilMs !== undefined;
    this.#slow.delete(backend);
    return false;
  }

  #of(place: StreamPlace): SessionStream | undefined {
    const { peer } = place;
    if (peer.era === 'modern' || peer.session === undefined) return undefined;
    let stream = this.#streams.get(peer.session);
    if (stream === undefined) {
      stream = new SessionStream({ ...place, peer }, this.backends, this.peers, {
        rests: (one) => this.#resting.add(one),
        wakes: (one) => this.#resting.delete(one),
        makeRoom: (one) => this.#makeRoom(place, one),
        listener: () => this.#listener,
      });
      this.#streams.set(peer.session, stream);
    } else stream.principal = place.principal;
    return stream;
  }

  /** A stream that rests gives its place to one that is needed. @returns false when there is none. */
  #makeRoom({ backend, principal }: StreamPlace, needed: SessionStream): boolean {
    const holding = [...this.#resting].filter(
      (one) => one !== needed && one.backend === backend && one.holdsPlace,
    );
    // It may be this person's share that is full.
    const person = personKey(principal);
    const stream = holding.find((one) => personKey(one.principal) === person) ?? holding[0];
    stream?.giveUp();
    return stream !== undefined;
  }
}

/** @returns `late` when it takes longer than a call should wait; `slow`: that is the backend's. */
async function inTime({ sent, done }: Opening): Promise<'done' | 'slow' | 'late'> {
  const timers: NodeJS.Timeout[] = [];
  const after = async <Value>(ms: number, value: Value): Promise<Value> =>
    await new Promise((resolve) => timers.push(setTimeout(() => resolve(value), ms)));
  try {
    const opened = done.then(() => 'done' as const);
    const slow = sent.then(async () => await after(OPENS_WITHIN_MS, 'slow' as const));
    return await Promise.race([opened, slow, after(WAIT_AT_MOST_MS, 'late' as const)]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}
