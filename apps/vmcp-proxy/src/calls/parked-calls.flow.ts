import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log } from '@gatehouse/observability/log';
import { ANONYMOUS, personKey, type Principal } from '../incoming-auth/principal.js';
import type { ParkedStates } from '../refusals/parked-state.js';
import { mayBeAsked } from '../mcp/client-capabilities.js';
import type { BytesInFlight } from './bytes-in-flight.js';
import type { Call } from './call.js';
import { ANSWER_WITHIN_MS } from './call-time.js';
import { CANCELLED, SESSION_OVER, STOPPING } from './in-flight.js';
import { askedRequest, ParkedCall, type ParkingPlaces } from './parked-call.flow.js';

/** A request with a state of a parked call. */
export type ComingBack =
  | { readonly kind: 'parked'; readonly parked: ParkedCall; readonly backend: string }
  /** The call waits at another replica, or waited at one that is gone. */
  | { readonly kind: 'elsewhere'; readonly replica: string }
  /** The state gives no right to anything. @see {@link StateFault} */
  | { readonly kind: 'refused'; readonly fault: StateFault };

/** `over`: it is the caller's, and answered already, or its call has ended without the answers. */
export type StateFault = 'foreign' | 'expired' | 'over';

export interface ParkingLimits {
  readonly most: number;
  /** However many sign-ins the person has, and backends ask. */
  readonly mostOfOne: number;
  readonly answerWithinMs: number;
}

export const PARKING_LIMITS: ParkingLimits = {
  most: 1_024,
  mostOfOne: 16,
  answerWithinMs: ANSWER_WITHIN_MS,
};

/** What says itself why the call ended. */
const EXPECTED: ReadonlySet<GatehouseError> = new Set([CANCELLED, SESSION_OVER, STOPPING]);

const CONNECTION_CHANGED = new GatehouseError('reauth_required', 'the connection changed during the call', {
  details: { ran: 'maybe' },
});

/** Calls that wait here for answers of their clients. Each keeps its place at its backend, so there is a bound. */
export class ParkedCalls implements ParkingPlaces {
  readonly #parked = new Map<string, ParkedCall>();
  readonly #of = new Map<string, number>();
  #isStopping = false;

  constructor(
    private readonly states: ParkedStates,
    /** What is kept of answers, and of what is asked. */
    private readonly bytes: BytesInFlight,
    private readonly log: Pick<Log, 'failure'>,
    private readonly limits: ParkingLimits,
  ) {}

  /** @returns `undefined` for a call in which no backend can ask by a result (MCP 2026-07-28, multi round-trip requests). */
  begin(call: Call, backend: string): ParkedCall | undefined {
    const { client, target, principal } = call;
    if (client.era !== 'modern' || target.kind === 'completion' || target.kind === 'task') return undefined;
    if (!mayBeAsked(client.envelope.capabilities)) return undefined;
    return new ParkedCall(
      call,
      backend,
      this,
      this.bytes.hold(personKey(principal)),
      this.limits.answerWithinMs,
    );
  }

  /** @returns `undefined` for a request that answers no question of a parked call. */
  comingBack(call: Call): ComingBack | undefined {
    const { client, message } = call;
    const state = client.era === 'modern' ? this.states.ownIn(message.params) : undefined;
    if (state === undefined) return undefined;
    const opened = this.states.open(state, askedRequest(call));
    if (opened.kind === 'elsewhere') return opened;
    if (opened.kind !== 'place') return { kind: 'refused', fault: opened.kind };
    const { callId, round } = opened.place;
    const parked = this.#parked.get(callId);
    return parked?.isParked === true && parked.cancellation.reason === undefined && parked.round === round
      ? { kind: 'parked', parked, backend: parked.backend }
      : { kind: 'refused', fault: 'over' };
  }

  enter(call: ParkedCall): boolean {
    const { principal } = call;
    const person = personKey(principal);
    const isFull = (this.#of.get(person) ?? 0) >= this.limits.mostOfOne && principal.key !== ANONYMOUS.key;
    if (this.#isStopping || isFull || this.#parked.size >= this.limits.most) return false;
    this.#parked.set(call.id, call);
    this.#count(principal, 1);
    return true;
  }

  leave(call: ParkedCall): void {
    if (this.#parked.delete(call.id)) this.#count(call.principal, -1);
  }

  stateFor(call: ParkedCall): string {
    return this.states.seal({ callId: call.id, round: call.round }, call.request);
  }

  failedAlone(backend: string, error: GatehouseError): void {
    if (!EXPECTED.has(error)) this.log.failure('parked-call-failed', error, { backend });
  }

  /** Their persons have left the accounts that the calls were begun with. */
  end(matches: (principal: Principal, backend: string) => boolean): void {
    for (const parked of [...this.#parked.values()])
      if (matches(parked.principal, parked.backend)) parked.cancellation.cancel(CONNECTION_CHANGED);
  }

  /** No client comes back any more: calls for which nobody waits end. Resolves when they have ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const parked = [...this.#parked.values()].filter((call) => call.isParked);
    await Promise.all(parked.map((call) => call.end(STOPPING)));
  }

  #count(principal: Principal, change: number): void {
    const person = personKey(principal);
    const parked = (this.#of.get(person) ?? 0) + change;
    if (parked > 0) this.#of.set(person, parked);
    else this.#of.delete(person);
  }
}
