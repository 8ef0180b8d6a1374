import { sessionView } from '@gatehouse/contracts/authorization-server/session-view';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import { RecentMap } from '@gatehouse/kernel/recent-map';
import { SingleFlight, type Flight } from '@gatehouse/kernel/single-flight';
import type { ContractClient } from '@gatehouse/messaging/contract-client';

/** How long an answer may be used: also how long a proxy that is cut off goes on before it fails closed. */
const USE_FOR_MS = 30 * SECOND_MS;
/** From here on the next request asks again in the background, so that nobody waits for the answer. */
const ASK_AGAIN_AFTER_MS = 15 * SECOND_MS;
const MAX_SESSIONS = 20_000;
/** A revocation waits this long for this replica. A replica that stood still for longer may have missed one. */
const STOOD_STILL_MS = 500;

export interface OpenSession {
  readonly accountId: string;
}

interface Remembered {
  /** `undefined`: closed, which is final. */
  readonly open: OpenSession | undefined;
  readonly askedAtMs: number;
}

/** Whether the session of a token is still open: what makes a sign-out take effect before the token expires. */
export class SessionViews {
  readonly #views = new RecentMap<SessionId, Remembered>(MAX_SESSIONS);
  readonly #questions = new SingleFlight<SessionId, OpenSession | undefined>();
  /** Answers from before this time are not used. */
  #trustedFromMs = Number.NEGATIVE_INFINITY;
  #beatAtMs: number | undefined;

  constructor(
    private readonly contracts: Pick<ContractClient, 'ask'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /**
   * @returns the session, or `undefined` when it is closed; at once when it is remembered.
   * @throws {GatehouseError} `unavailable` when nobody can say.
   */
  view(tsid: SessionId): OpenSession | undefined | Promise<OpenSession | undefined> {
    const known = this.#views.get(tsid);
    if (known === undefined) return this.#ask(tsid);
    if (known.open === undefined) return undefined;
    this.#noticeStandstill();
    const ageMs = this.nowMs() - known.askedAtMs;
    if (ageMs >= USE_FOR_MS || known.askedAtMs < this.#trustedFromMs) return this.#ask(tsid);
    // The background answer is for the next request; its failure shows when this one's answer gets too old.
    if (ageMs >= ASK_AGAIN_AFTER_MS) this.#ask(tsid).catch(() => undefined);
    return known.open;
  }

  /** A session that was closed stays closed, also against an answer that is still on its way. */
  close(tsid: SessionId): void {
    this.#views.set(tsid, { open: undefined, askedAtMs: this.nowMs() });
  }

  /** Whether it is known to be closed; nobody is asked. */
  isClosed(tsid: SessionId): boolean {
    const known = this.#views.peek(tsid);
    return known !== undefined && known.open === undefined;
  }

  /**
   * To be called all the time. A gap says that this process stood still (frozen, starved): sessions may have closed that it
   * has not heard of yet, though others were told that they are closed.
   */
  beat(): void {
    this.#noticeStandstill();
    this.#beatAtMs = this.nowMs();
  }

  forgetAll(): void {
    // An event about what is being asked for may have been missed.
    this.#questions.drop();
    this.#views.clear();
  }

  #noticeStandstill(): void {
    const nowMs = this.nowMs();
    if (this.#beatAtMs === undefined || nowMs - this.#beatAtMs <= STOOD_STILL_MS) return;
    this.#beatAtMs = nowMs;
    this.#trustedFromMs = nowMs;
    this.#questions.drop();
  }

  async #ask(tsid: SessionId): Promise<OpenSession | undefined> {
    return await this.#questions.run(tsid, (flight) => this.#askNow(tsid, flight));
  }

  async #askNow(tsid: SessionId, flight: Flight): Promise<OpenSession | undefined> {
    const askedAtMs = this.nowMs();
    const reply = await this.contracts.ask(sessionView, { tsid }).catch((error: unknown) => {
      // Whatever is wrong there, the caller's token is not at fault: never a 401.
      throw new GatehouseError('unavailable', 'the session cannot be looked up', { cause: error });
    });
    const open = reply.state === 'open' ? { accountId: reply.accountId } : undefined;
    const known = this.#views.get(tsid);
    if (known !== undefined && known.open === undefined) return undefined;
    if (!flight.isDropped) this.#views.set(tsid, { open, askedAtMs });
    return open;
  }
}
