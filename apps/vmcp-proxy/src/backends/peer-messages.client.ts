import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Principal } from '../incoming-auth/principal.js';
import type { RequestId } from '../mcp/message.js';
import { AnotherAccount, type AuthorizedBackend, type AuthorizedRequest } from './authorized-backend.flow.js';
import { sessionIn, peerHeaders, type Peer } from './peer.js';
import { toldAtLast } from './told-at-last.flow.js';

const TELL_TIMEOUT_MS = 5 * SECOND_MS;
/** For parts of the gateway that are restarted. */
const ANSWER_FOR_MS = 30 * SECOND_MS;

/** Who is told something, and as whom. */
export interface Recipient {
  readonly backend: string;
  readonly principal: Principal;
  readonly peer: Peer;
}

/** Called when an answer is not taken: by the backend, or because of an error. */
export type Refused = (error?: unknown) => void;

/** What backends are told without anybody waiting for what they say to it. */
export class PeerMessages {
  readonly #telling = new Set<Promise<void>>();
  #isStopping = false;

  constructor(private readonly backends: Pick<AuthorizedBackend, 'send'>) {}

  /**
   * Hands a client's answer to the backend session that asked. The call there waits for it, and the client does not send it
   * again. So it is sent again, where nothing of it can have arrived.
   * @param isLeft whether it is known that nothing may be said in that session any more
   */
  answer(
    to: Recipient,
    response: string | Buffer,
    isLeft: () => boolean,
    refused: Refused = () => undefined,
  ): void {
    const request = { ...into(to, 'response'), body: response };
    const untilMs = Date.now() + ANSWER_FOR_MS;
    const goesOn = (error: unknown): boolean =>
      !(error instanceof AnotherAccount) && !isLeft() && !this.#isStopping && Date.now() < untilMs;
    const send = async (): Promise<number> => {
      if (isLeft()) throw new AnotherAccount(to.backend);
      return await this.#send(request);
    };
    void this.#noted(
      toldAtLast(send, goesOn).then(
        (status) => {
          if (status >= 400) refused();
        },
        (error: unknown) => refused(isLeft() ? new AnotherAccount(to.backend) : error),
      ),
    );
  }

  /** Tells a backend with sessions that nobody waits for the answer; for the others the closed connection says it. */
  sayCancelled(to: Recipient, requestId: RequestId): void {
    if (to.peer.era === 'modern' || to.peer.session === undefined) return;
    const params = { requestId, reason: 'the client cancelled' };
    this.#post(to, 'notifications/cancelled', { params });
  }

  /** Which log messages the client of that session wants. */
  setLevel(to: Recipient, level: string): void {
    leveled += 1;
    // One that is not answered yet may be under way, and ids of a session are each used once (MCP, base protocol).
    this.#post(to, 'logging/setLevel', { id: `gatehouse-log-level-${leveled}`, params: { level } });
  }

  /** The session is over. */
  async sayGoodbye(to: Recipient): Promise<void> {
    await this.#noted(this.#send({ ...into(to, 'DELETE'), method: 'DELETE', body: null }));
  }

  /** Resolves when the backends have heard what they were told, as far as they can be reached. */
  async told(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#telling);
  }

  #post(to: Recipient, method: string, more: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', method, ...more });
    void this.#noted(this.#send({ ...into(to, method), body }));
  }

  /** @returns the status. */
  async #send(request: Omit<AuthorizedRequest, 'deadlineAtMs'>): Promise<number> {
    const deadlineAtMs = Date.now() + TELL_TIMEOUT_MS;
    const response = await this.backends.send({ ...request, purpose: 'control', deadlineAtMs });
    await response.discard();
    return response.status;
  }

  /** Nobody waits for the outcome. */
  #noted(sending: Promise<unknown>): Promise<void> {
    const telling = sending
      .then(() => undefined)
      .catch(() => undefined)
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
    return telling;
  }
}

let leveled = 0;

const into = (
  { backend, principal, peer }: Recipient,
  method: string,
): Pick<AuthorizedRequest, 'backend' | 'principal' | 'session' | 'headers'> => ({
  backend,
  principal,
  session: sessionIn(peer),
  headers: peerHeaders(peer, method, undefined),
});
