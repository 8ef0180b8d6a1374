import { MAX_SCOPE_LENGTH } from '@gatehouse/contracts/token-vault/credential-inject';
import { bearerChallenge, type BearerChallenge } from '@gatehouse/kernel/bearer-challenge';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { BackendClient, OutboundRequest, Target } from './backend.client.js';
import type { BackendResponse } from './backend-response.client.js';
import type { BackendWait } from './backend-wait.js';
import type { Cancellation } from './cancellation.js';
import type { Purpose } from './exchange-limits.flow.js';
import type { BackendSession } from './peer.js';
import { ANONYMOUS, personKey, type Principal } from '../incoming-auth/principal.js';
import { untilBothMeanTheSame } from '../outgoing-auth/binding.flow.js';
import { isOfOtherProgram, type BridgeHeaders } from '../outgoing-auth/bridge-headers.js';
import { accountOf, type BackendCredential, type CredentialUse } from '../outgoing-auth/credential-header.js';
import { awsErrorName, saysCredentialsAreOver } from '../outgoing-auth/request-signature.js';
import { challengeOfBackend } from '../outgoing-auth/challenge-of-backend.js';
import type { OutgoingStrategy, RefusedToken } from '../outgoing-auth/strategy.js';
import type { Credentials } from '../outgoing-auth/credentials.flow.js';

export interface AuthorizedRequest {
  readonly backend: string;
  readonly principal: Principal;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Everything but the credential; made by the gateway, never copied from the client's headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  readonly deadlineAtMs: number;
  /** The tool that it is a call of, as the backend names it, or goes on with one. */
  readonly tool?: string | undefined;
  /** Left out: a call. */
  readonly purpose?: Purpose;
  readonly cancellation?: Cancellation;
  /** How long the backend may take once it has the request. */
  readonly answerWithinMs?: number;
  /** Notes what it was sent with. */
  readonly use?: CredentialUse | undefined;
  /** That it goes into. @throws {AnotherAccount} where the credential is another account's than the one that it was begun with. */
  readonly session?: BackendSession | undefined;
  /** It is `initialize`. */
  readonly isIntroduction?: boolean;
  /** Hears of each exchange before it is answered. */
  readonly began?: (exchange: Pick<BackendResponse, 'expireAfter'>) => void;
  /** Hears from when to when the backend is waited for. */
  readonly wait?: BackendWait | undefined;
}

/** The session belongs to an account that its person has left, or is over with its configuration: nothing was sent. */
export class AnotherAccount extends GatehouseError {
  constructor(backend: string) {
    super('backend_unavailable', 'the session belongs to another account of its person', {
      details: { backend, ran: 'no' },
    });
  }
}

/** How a backend was reached and with what, under one configuration: a credential of one never goes where another one leads. */
interface Way {
  readonly target: Target;
  readonly strategy: OutgoingStrategy;
  readonly toBridge: BridgeHeaders;
}

/** A request whose credential the backend did not take. */
interface RefusedRequest {
  readonly response: BackendResponse;
  readonly refusal: Omit<RefusedToken, 'digest'> | 'forbidden';
  readonly credential: BackendCredential | undefined;
  readonly asking: { readonly strategy: OutgoingStrategy; readonly tool: string | undefined };
}

/** Requests to backends with the credential that their strategy gives for the caller. */
export class AuthorizedBackend {
  #left: (session: BackendSession) => void = () => undefined;
  /** Of sessions, each as it was begun. */
  readonly #ways = new WeakMap<BackendSession, Way>();
  /** By what noted the request that began a session. */
  readonly #begunOn = new WeakMap<CredentialUse, Way>();
  /** How many requests are on their way there, or will be when they have their credential. */
  readonly #sending = new WeakMap<Target, number>();
  readonly #ended = new WeakSet<Target>();

  constructor(
    private readonly client: BackendClient,
    private readonly credentials: Credentials,
    private toBridge: BridgeHeaders = () => ({}),
  ) {}

  /**
   * Sends the request. A refused token means that it did not run: then it is sent once more, with another credential.
   * @throws {GatehouseError} of the credential, of the connection, or `backend_unauthorized`; `insufficient_scope` where
   * the person can give what the last refusal misses; `configuration_differs` where the bridge knows another program.
   */
  async send(request: AuthorizedRequest): Promise<BackendResponse> {
    // A session stays where it was begun. What begins one goes where the configuration of then leads.
    if (request.session !== undefined) return await this.#sendNow(request);
    return await untilBothMeanTheSame(request.deadlineAtMs, () => this.#sendNow(request));
  }

  async #sendNow(request: AuthorizedRequest): Promise<BackendResponse> {
    const { backend, session } = request;
    // What is configured may change while it waits.
    const way = (session && this.#ways.get(session)) ?? this.#wayTo(backend);
    if (this.#ended.has(way.target)) throw new AnotherAccount(backend);
    if (request.use !== undefined) this.#begunOn.set(request.use, way);
    this.#sending.set(way.target, (this.#sending.get(way.target) ?? 0) + 1);
    try {
      const { principal, deadlineAtMs, tool } = request;
      const asking = { strategy: way.strategy, tool };
      const asked = this.credentials.of(principal, backend, deadlineAtMs, asking);
      const credential = asked instanceof Promise ? await asked : asked;
      const response = await this.#sendWith(request, credential, way);
      const refusal = refusalOf(response, credential, way.strategy);
      return refusal === undefined
        ? response
        : await this.#sendAgain(way, request, { response, refusal, credential, asking });
    } finally {
      this.#sending.set(way.target, (this.#sending.get(way.target) ?? 1) - 1);
    }
  }

  async #sendAgain(
    way: Way,
    request: AuthorizedRequest,
    { response, refusal, credential, asking }: RefusedRequest,
  ): Promise<BackendResponse> {
    const { backend, principal, deadlineAtMs } = request;
    // The first response gives its place to the second request.
    await response.discard();
    const digest = credential?.tokenDigest;
    // What listens beside a call is no reason for another token: some servers refuse to be listened to, whatever it is.
    if (refusal === 'forbidden' || digest === undefined || request.purpose === 'session')
      throw refusedCredential(backend, response, credential);
    const refused = { digest, ...refusal };
    const another = await this.credentials.instead(principal, backend, refused, deadlineAtMs, asking);
    if (another === undefined) throw refusedCredential(backend, response, credential);
    const second = await this.#sendWith(request, another, way);
    const last = refusalOf(second, another, way.strategy);
    if (last === undefined) return second;
    void second.discard();
    // It is not sent a third time. Whether its person can give what is missing is asked all the same.
    if (last !== 'forbidden' && isAboutPerson(last) && another.tokenDigest !== undefined)
      await this.credentials.instead(
        principal,
        backend,
        { digest: another.tokenDigest, ...last },
        deadlineAtMs,
        asking,
      );
    throw refusedCredential(backend, second, another);
  }

  /** @param left hears of sessions whose account is no longer their person's: nothing more is sent into them. */
  hear(left: (session: BackendSession) => void): void {
    this.#left = left;
  }

  /** Nobody uses that session of the backend any more. */
  release(backend: string, sessionId: string): void {
    this.client.release(backend, sessionId);
  }

  /** What is said in these sessions goes where they were begun, with the credential of then. To be called before the exchange. */
  keep(backend: string, sessions: readonly BackendSession[]): Target {
    const way = this.#wayTo(backend);
    for (const session of sessions) this.#ways.set(session, way);
    return way.target;
  }

  /** The session was begun by a request that was sent a moment ago: where that one went, and with what, it stays. */
  bind(session: BackendSession, use: CredentialUse): void {
    const way = this.#begunOn.get(use);
    if (way !== undefined) this.#ways.set(session, way);
  }

  /** Whether something runs where requests to a backend went earlier, or is about to. */
  isBusy(target: Target): boolean {
    return (this.#sending.get(target) ?? 0) > 0 || this.client.isBusy(target);
  }

  /** Nothing goes there any more: who would have is told to begin another session. */
  async end(target: Target): Promise<void> {
    this.#ended.add(target);
    await this.client.end(target);
  }

  /** From now on the bridge is told this. */
  exchange(toBridge: BridgeHeaders): void {
    this.toBridge = toBridge;
  }

  /** @throws {GatehouseError} `unknown_backend` */
  #wayTo(backend: string): Way {
    const { toBridge } = this;
    return {
      target: this.client.targetOf(backend),
      strategy: this.credentials.strategyOf(backend),
      toBridge,
    };
  }

  async #sendWith(
    request: AuthorizedRequest,
    credential: BackendCredential | undefined,
    { target, toBridge }: Way,
  ): Promise<BackendResponse> {
    // Cancelled while the credential was on its way: nothing is sent at all.
    if (request.cancellation?.reason !== undefined) throw request.cancellation.reason;
    const { backend, principal, method, headers, body, deadlineAtMs, purpose, session } = request;
    // Its person may have changed it while the request was made ready.
    if (session !== undefined && accountOf(credential?.connection) !== session.account) {
      this.#left(session);
      throw new AnotherAccount(backend);
    }
    const { cancellation, answerWithinMs, isIntroduction, use, began, wait } = request;
    if (use !== undefined) {
      use.connection = credential?.connection;
      use.release = credential?.release;
    }
    const sent: Record<string, string> = { ...headers, ...toBridge(backend, principal) };
    if (credential !== undefined && 'name' in credential) sent[credential.name] = credential.value.reveal();
    const sign = credential !== undefined && 'sign' in credential ? credential.sign : undefined;
    const person = principal.key === ANONYMOUS.key ? undefined : personKey(principal);
    const outbound: OutboundRequest = {
      method: method ?? 'POST',
      headers: sent,
      body,
      deadlineAtMs,
      person,
      purpose: purpose ?? 'call',
      cancellation,
      answerWithinMs,
      isIntroduction,
      began,
      wait,
      allowedHosts: credential?.allowedHosts,
      sign,
    };
    const response = await this.client.send(backend, outbound, target);
    if (!isOfOtherProgram(response.status, sent)) return response;
    await response.discard();
    throw new GatehouseError('configuration_differs', 'the bridge knows another program under this name', {
      details: { backend, ran: 'no' },
    });
  }
}

/** Its person can give more. */
const isAboutPerson = ({ lackingScope, challenge }: Omit<RefusedToken, 'digest'>): boolean =>
  lackingScope !== undefined || challenge !== undefined;

/**
 * What a backend has against the token (RFC 6750 section 3.1); `undefined`: nothing. `invalid_token` comes with 401, and some
 * servers say it with 403. Any other 403: the token is understood and not enough, and another one would not be either.
 */
function refusalOf(
  { status, headers }: BackendResponse,
  credential: BackendCredential | undefined,
  strategy: OutgoingStrategy,
): Omit<RefusedToken, 'digest'> | 'forbidden' | undefined {
  if (status === 401) return refusalWith(headers, strategy) ?? {};
  if (credential !== undefined && 'sign' in credential && saysCredentialsAreOver(status, headers)) return {};
  if (status !== 403) return undefined;
  const { error, scope } = challengeIn(headers);
  if (error === 'invalid_token') return {};
  const wanted = refusalWith(headers, strategy);
  if (wanted !== undefined) return wanted;
  return error === 'insufficient_scope' && scope !== undefined && scope.length <= MAX_SCOPE_LENGTH
    ? { lackingScope: scope }
    : 'forbidden';
}

const challengeIn = (headers: BackendResponse['headers']): BearerChallenge =>
  bearerChallenge([headers['www-authenticate'] ?? []].flat().join(', '));

/** It is heard where a provider can be asked for it. */
function refusalWith(
  headers: BackendResponse['headers'],
  strategy: OutgoingStrategy,
): Omit<RefusedToken, 'digest'> | undefined {
  const challenge = challengeOfBackend(challengeIn(headers));
  return challenge !== undefined && strategy.kind === 'perUser' && strategy.hearsChallenges
    ? { challenge }
    : undefined;
}

/** The codes of RFC 6750 section 3.1 and its extensions are words; whatever else stands there is a stranger's text. */
const ERROR_WORD = /^[a-z][a-z_.-]{0,39}$/;

function refusedCredential(
  backend: string,
  { status, headers }: Pick<BackendResponse, 'status' | 'headers'>,
  credential: BackendCredential | undefined,
): GatehouseError {
  const { error: word } = challengeIn(headers);
  const isSigned = credential !== undefined && 'sign' in credential;
  const error = isSigned ? awsErrorName(headers) : ERROR_WORD.test(word ?? '') ? word : undefined;
  return new GatehouseError('backend_unauthorized', 'the backend refused the credential', {
    details: { backend, ran: 'no' },
    evidence: { status, ...(error === undefined ? {} : { upstreamError: error }) },
  });
}
