import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Provider } from 'oidc-provider';
import type { ClientTerms } from '../client-terms/client-terms.js';
import { Cors } from '../http/cors.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import { answerPreflight } from '../http/preflight.js';
import { sendProtocolError } from '../http/reply.js';
import { MAX_QUERY_CHARACTERS } from './authorization-form.js';
import { withDefaults } from './authorization-query.js';
import { formOf, LibraryAnswers } from './library-answers.js';
import { namedClient } from './named-client.js';
import { registeredScopes } from './registered-scopes.js';
import { asksForMore } from './request-object.js';
import { withConfiguredResource } from './resource-parameter.js';

interface Refusal {
  readonly error: string;
  readonly error_description: string;
}

const invalid = (why: string): Refusal => ({ error: 'invalid_request', error_description: why });

/** What a client sends itself in the place of a browser: it becomes what a browser would bring, and oidc-provider takes it. */
export class PreparedRequests {
  readonly #library: LibraryAnswers;
  readonly #cors: Cors;

  constructor(
    private readonly provider: Provider,
    urls: IssuerUrls,
    private readonly config: AuthorizationServerPart,
    private readonly terms: ClientTerms,
  ) {
    this.#library = new LibraryAnswers(provider, urls);
    this.#cors = new Cors(config);
  }

  preflight(request: FastifyRequest, reply: FastifyReply): void {
    answerPreflight(request, reply, this.#cors);
  }

  /** @param ready makes of the form what no client says about itself */
  async take(
    request: FastifyRequest,
    reply: FastifyReply,
    route: string,
    ready: (form: URLSearchParams) => URLSearchParams,
  ): Promise<void> {
    const form = formOf(request);
    if (asksForMore(form?.get('request') ?? null)) {
      this.refuse(request, reply, 400, invalid('the request object asks for what is not supported'));
      return;
    }
    const body = form && Buffer.from((await this.#prepared(form, request, ready)).toString());
    // Each is kept, and anybody has a client: long ones would take the room of other people's sign-ins.
    if ((body?.length ?? 0) > MAX_QUERY_CHARACTERS) {
      this.refuse(request, reply, 400, invalid('the request is too long'));
      return;
    }
    await this.#library.answer(request, reply, { route, body });
  }

  refuse({ headers }: FastifyRequest, reply: FastifyReply, status: number, error: Refusal): void {
    sendProtocolError(reply, status, error, this.#cors.headers(headers.origin));
  }

  /** Scopes and resource as in an authorization request. A request object says everything itself (RFC 9101, section 5). */
  async #prepared(
    form: URLSearchParams,
    request: FastifyRequest,
    ready: (form: URLSearchParams) => URLSearchParams,
  ): Promise<URLSearchParams> {
    if (form.has('request')) return form;
    const clientId = namedClient(form, request.headers.authorization);
    const scopes = await registeredScopes(this.provider, clientId, this.terms);
    return withDefaults(ready(withConfiguredResource(form, this.config)), this.config, scopes);
  }
}
