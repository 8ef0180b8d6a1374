import { dpopProofs } from '@gatehouse/contracts/buckets';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Log } from '@gatehouse/observability/log';
import type { ClientCertificates } from '@gatehouse/service-process/client-certificates';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AuthorizedRequest } from '../incoming-auth/bearer-token.js';
import type { Arrival, Caller, Callers } from '../incoming-auth/caller.js';
import { challenge, type ChallengeReason } from '../incoming-auth/challenge.js';
import type { Scope } from '../catalog/scope.js';
import { personKey } from '../incoming-auth/principal.js';
import { RawJson } from '../json/raw-json.js';
import type { Answer } from '../mcp/answer.js';
import type { HandedRequest } from '../replays/retry-handovers.flow.js';
import { MAX_PASSED_VALUE, type PassedHeaders } from '../outgoing-auth/passed-headers.js';
import { isJson } from '../mcp/server-sent-events.js';
import { corsHeaders, preflightHeaders } from './cors.js';
import type { Endpoint } from './endpoints.js';
import type { AllowedPeers } from './host-and-origin.js';
import { HttpAnswer } from './http-answer.js';
import type { Incoming } from './incoming.js';
import type { Messages } from './messages.flow.js';
import { fail, refuse, refuseBody, unavailable } from './refused-requests.js';
import type { RequestBodies } from './request-body.js';

export interface EndpointFacts {
  readonly passed: Pick<PassedHeaders, 'names' | 'unfit'>;
  readonly peers: AllowedPeers;
  /** By place. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly certificates: Pick<ClientCertificates, 'thumbprintOf'>;
  /** Hears of tokens that are not accepted, at the endpoint of that scope. */
  readonly refused: (reason: ChallengeReason, scope: Pick<Scope, 'place'>) => void;
}

const METHODS = 'GET, POST, DELETE';

/** `POST /mcp`, and those below it (and `GET`, `DELETE`, `OPTIONS`): every check that comes before a message is looked at. */
export class McpEndpoint {
  constructor(
    private readonly facts: EndpointFacts,
    private readonly callers: Callers,
    private readonly bodies: RequestBodies,
    private readonly messages: Messages,
    private readonly log: Pick<Log, 'failure'>,
  ) {}

  /** Answers one HTTP request, whatever happens. @param place of the endpoint that it is for. */
  async handle(request: IncomingMessage, response: ServerResponse, place: string): Promise<void> {
    const { origin, host } = request.headers;
    const refusal = refusalOf(this.facts.peers, origin, host);
    if (refusal !== undefined) {
      refuse(new HttpAnswer(response, {}), 403, refusal);
      return;
    }
    const answer = new HttpAnswer(response, corsHeaders(origin));
    try {
      const endpoint = this.facts.endpoints.get(place);
      if (endpoint === undefined) throw new Error('a request was routed to an endpoint that is not there');
      await this.#admit(request, answer, endpoint);
    } catch (error) {
      fail(answer, error, this.log);
    }
  }

  /**
   * Answers a message that came to another replica. Its caller is identified here; that one is believed nothing but which certificate
   * came with it, as nobody shows that twice.
   */
  async handed({ place, headers, body, certificate }: HandedRequest, answer: Answer): Promise<void> {
    const endpoint = this.facts.endpoints.get(place);
    if (endpoint === undefined) throw new Error('a request was handed to an endpoint that is not there');
    try {
      const incoming = await this.#identified({ headers, rawHeaders: [], method: 'POST' }, answer, endpoint, {
        isHanded: true,
        certificate: () => certificate,
      });
      if (incoming !== undefined) await this.messages.answer(RawJson.read(Buffer.from(body)), incoming);
    } catch (error) {
      fail(answer, error, this.log);
    }
  }

  #admit(request: IncomingMessage, answer: HttpAnswer, endpoint: Endpoint): Promise<void> | undefined {
    const { method, headers } = request;
    if (method === 'OPTIONS') {
      answer.empty(204, preflightHeaders(headers['access-control-request-headers'], this.facts.passed.names));
      return undefined;
    }
    const unfit = this.facts.passed.unfit(headers);
    if (unfit !== undefined) {
      // RFC 6585 section 5. A backend must not take a request for another one because a header is missing.
      refuse(
        answer,
        431,
        `${unfit} is longer than ${MAX_PASSED_VALUE} characters, or is no text for a header`,
      );
      return undefined;
    }
    const certificate = (): string | undefined => this.facts.certificates.thumbprintOf(request);
    const identified = this.#identified(request, answer, endpoint, { certificate });
    if (!(identified instanceof Promise)) return this.#answer(request, identified, 0);
    const askedAtMs = performance.now();
    return identified.then((incoming) => this.#answer(request, incoming, performance.now() - askedAtMs));
  }

  /** @param askedMs how long others were asked about the caller. */
  #answer(
    request: IncomingMessage,
    incoming: Incoming | undefined,
    askedMs: number,
  ): Promise<void> | undefined {
    if (incoming === undefined) return undefined;
    const { method } = request;
    if (method === 'POST') return this.#post(request, incoming, askedMs);
    if (method === 'DELETE') return this.messages.end(incoming);
    if (method === 'GET') return this.messages.listen(incoming);
    refuse(incoming.answer, 405, 'this method is not offered', { allow: METHODS });
    return undefined;
  }

  /** @returns `undefined` for a caller who is refused, and was answered. */
  #identified(
    request: AuthorizedRequest,
    answer: Answer,
    endpoint: Endpoint,
    arrival: Arrival,
  ): Incoming | undefined | Promise<Incoming | undefined> {
    const identified = this.callers.identify(request, endpoint, arrival);
    return identified instanceof Promise
      ? identified.then((caller) => this.#incoming(caller, request.headers, answer, endpoint))
      : this.#incoming(identified, request.headers, answer, endpoint);
  }

  #incoming(
    caller: Caller,
    headers: IncomingHttpHeaders,
    answer: Answer,
    { scope, challenge: facts }: Endpoint,
  ): Incoming | undefined {
    switch (caller.kind) {
      case 'challenge':
        // A client that has no token yet is told where to get one; that is no refusal.
        if (caller.reason !== 'no_token') this.facts.refused(caller.reason, scope);
        answer.empty(caller.status, {
          'www-authenticate': challenge(facts, caller.reason, caller.scheme),
          ...(caller.nonce === undefined ? {} : { 'dpop-nonce': caller.nonce }),
        });
        return undefined;
      case 'unavailable':
        unavailable(answer);
        return undefined;
      case 'limited':
        // RFC 6585, section 4.
        refuse(answer, 429, 'too many requests with DPoP proofs; nothing was done', {
          'retry-after': String(dpopProofs.ttlMs / SECOND_MS),
        });
        return undefined;
      case 'principal':
        return { principal: caller.principal, scope, headers, answer };
    }
  }

  #post(request: IncomingMessage, incoming: Incoming, askedMs: number): Promise<void> | undefined {
    const { principal, headers, answer } = incoming;
    if (!isJson(headers['content-type'])) {
      refuse(answer, 415, 'the content type must be application/json');
      return undefined;
    }
    return this.bodies.read(request, personKey(principal), (body, wholeAtMs) => {
      const receivedAtMs = wholeAtMs - askedMs;
      if (body.kind === 'json') return this.messages.answer(body.json, { ...incoming, receivedAtMs });
      refuseBody(body, answer);
      return undefined;
    });
  }
}

/** Names the header, and the setting that lets it in: whoever runs a proxy in front, or a client in a browser, has to find it. */
function refusalOf(
  peers: AllowedPeers,
  origin: string | undefined,
  host: string | undefined,
): string | undefined {
  if (!peers.allowOrigin(origin))
    return 'pages of the site in the Origin header may not call the gateway; allowedOrigins in gatehouse.yaml lists those that may';
  if (!peers.allowHost(host))
    return 'the Host header does not name this gateway: a proxy in front has to pass the host of publicUrl on, or trustedHosts in gatehouse.yaml has to list the one that it sends';
  return undefined;
}
