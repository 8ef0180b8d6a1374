import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { RecentMap } from '@gatehouse/kernel/recent-map';
import { TokenFlights } from '@gatehouse/kernel/token-flights';
import { backendKey, type Principal } from '../incoming-auth/principal.js';
import type { BackendCredential } from './credential-header.js';
import type { AskedCredential, OutgoingStrategy, RefusedToken } from './strategy.js';

/** A credential is used for at most this long before the vault is asked again. It bounds what a missed revocation can do. */
const USE_FOR_MS = 30 * SECOND_MS;
const MAX_CREDENTIALS = 50_000;

/** What is asked for; left out: what every request to the backend gets, as it is configured now. */
interface Asked {
  readonly strategy?: OutgoingStrategy;
  /** The tool that is called, as the backend names it. */
  readonly tool?: string | undefined;
}

/** One credential: whose, where, and for what there. */
interface Place {
  readonly key: string;
  readonly principal: Principal;
  readonly backend: string;
  /** Present where it has a credential of its own. */
  readonly tool: string | undefined;
}

interface Kept {
  readonly principal: Principal;
  readonly backend: string;
  readonly credential: BackendCredential;
  readonly useUntilMs: number;
}

/** The credential for one principal at one backend; kept in memory for seconds, asked for once however many calls wait. */
export class Credentials {
  readonly #kept = new RecentMap<string, Kept>(MAX_CREDENTIALS);
  readonly #questions = new TokenFlights<string, BackendCredential>();

  constructor(
    private strategies: ReadonlyMap<string, OutgoingStrategy>,
    private readonly nowMs: () => number = Date.now,
    private readonly lookedUp: (found: boolean) => void = () => undefined,
  ) {}

  /**
   * @returns at once when it is kept or fixed; `undefined` where the strategy sends none.
   * @throws {GatehouseError} a code of the credential contracts, or `unavailable`.
   */
  of(
    principal: Principal,
    backend: string,
    deadlineAtMs: number,
    { strategy = this.strategyOf(backend), tool }: Asked = {},
  ): BackendCredential | undefined | Promise<BackendCredential> {
    if (strategy.kind === 'fixed') return strategy.header;
    const place = placeOf(principal, backend, strategy, tool);
    if (this.#isEarlier(backend, strategy))
      return strategy
        .ask(principal, undefined, deadlineAtMs, place.tool)
        .then(({ credential }) => credential);
    const kept = this.#kept.get(place.key);
    const found = kept !== undefined && this.nowMs() < kept.useUntilMs;
    this.lookedUp(found);
    return found ? kept.credential : this.#ask(place, undefined, deadlineAtMs);
  }

  /**
   * Another credential in place of one that the backend refused; `undefined` where no other one exists.
   * Callers that were refused with the same token, for the same reason, share one question.
   */
  async instead(
    principal: Principal,
    backend: string,
    refused: RefusedToken,
    deadlineAtMs: number,
    { strategy = this.strategyOf(backend), tool }: Asked = {},
  ): Promise<BackendCredential | undefined> {
    if (strategy.kind === 'fixed' || (refused.lackingScope !== undefined && !strategy.stepsUp))
      return undefined;
    const place = placeOf(principal, backend, strategy, tool);
    const { key } = place;
    if (this.#isEarlier(backend, strategy)) {
      const { credential } = await strategy.ask(principal, refused, deadlineAtMs, place.tool);
      return credential.tokenDigest === refused.digest ? undefined : credential;
    }
    const kept = this.#kept.get(key);
    // Another call was refused before this one, and got the new credential already.
    if (
      kept !== undefined &&
      kept.credential.tokenDigest !== refused.digest &&
      this.nowMs() < kept.useUntilMs
    )
      return kept.credential;
    // With too few scopes for this, or of too weak a sign-in, it is good for other calls.
    if (refused.lackingScope === undefined && refused.challenge === undefined) this.#kept.delete(key);
    const another = await this.#ask(place, refused, deadlineAtMs);
    return another.tokenDigest === refused.digest ? undefined : another;
  }

  /** The providers whose connections the backend's credential comes from. */
  providersOf(backend: string): readonly string[] {
    const strategy = this.strategies.get(backend);
    return strategy?.kind === 'perUser' ? strategy.providers : [];
  }

  isPerUser(backend: string): boolean {
    return this.strategies.get(backend)?.kind === 'perUser';
  }

  /** Forgets what matches; what is being asked for right now is not kept when it comes. */
  forget(matches: (principal: Principal, backend: string) => boolean): void {
    for (const [key, { principal, backend }] of this.#kept.entries())
      if (matches(principal, backend)) this.#kept.delete(key);
    this.#questions.drop();
  }

  /**
   * From now on credentials are made like this.
   * @param kept names of those whose strategy is the same as before, and whose credentials are
   */
  exchange(strategies: ReadonlyMap<string, OutgoingStrategy>, kept: ReadonlySet<string>): void {
    this.strategies = new Map(
      [...strategies].map(([name, strategy]) => [
        name,
        kept.has(name) ? (this.strategies.get(name) ?? strategy) : strategy,
      ]),
    );
    this.forget((_principal, backend) => !kept.has(backend));
  }

  /** @throws {GatehouseError} `unknown_backend` */
  strategyOf(backend: string): OutgoingStrategy {
    const strategy = this.strategies.get(backend);
    if (strategy === undefined) throw new GatehouseError('unknown_backend');
    return strategy;
  }

  /** Its credentials are not kept: they are for what was begun under an earlier configuration, and end with it. */
  #isEarlier(backend: string, strategy: OutgoingStrategy): boolean {
    return this.strategies.get(backend) !== strategy;
  }

  async #ask(
    place: Place,
    refused: RefusedToken | undefined,
    deadlineAtMs: number,
  ): Promise<BackendCredential> {
    const { key, principal, backend } = place;
    // A question that names a refused token has its own answer: the refused token must not come back.
    const question = refused === undefined ? key : `${key}\n${JSON.stringify(refused)}`;
    return await this.#questions.run(question, principal, async (flight) => {
      const strategy = this.strategyOf(backend);
      if (strategy.kind === 'fixed')
        throw new GatehouseError('internal', 'a fixed credential is not asked for');
      const asked = await strategy.ask(principal, refused, deadlineAtMs, place.tool);
      if (!flight.isDropped) this.#keep(place, asked);
      return asked.credential;
    });
  }

  #keep({ key, principal, backend }: Place, { credential, useUntilMs }: AskedCredential): void {
    const latestMs = this.nowMs() + USE_FOR_MS;
    this.#kept.set(key, { principal, backend, credential, useUntilMs: Math.min(useUntilMs, latestMs) });
  }
}

/** Tools whose calls need the same scopes share a credential; no other request gets it. */
function placeOf(
  principal: Principal,
  backend: string,
  strategy: Extract<OutgoingStrategy, { kind: 'perUser' }>,
  tool: string | undefined,
): Place {
  const variety = tool === undefined ? '' : (strategy.varietyFor?.(tool) ?? '');
  const token = strategy.tokenOf?.(principal);
  // A name of a backend has no blank.
  const key = `${backendKey(principal, backend)}${token === undefined ? '' : ` ${token}`}`;
  return variety === ''
    ? { key, principal, backend, tool: undefined }
    : { key: `${key} ${variety}`, principal, backend, tool };
}
