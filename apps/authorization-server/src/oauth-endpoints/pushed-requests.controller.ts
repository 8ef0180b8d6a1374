import { Controller, Inject, Options, Post, Req, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Provider } from 'oidc-provider';
import { Cors } from '../http/cors.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { answerPreflight } from '../http/preflight.js';
import { sendProtocolError } from '../http/reply.js';
import { MAX_QUERY_CHARACTERS } from './authorization-form.js';
import { inQueryOnly, withDefaults } from './authorization-query.js';
import { formOf, LibraryAnswers } from './library-answers.js';
import { namedClient } from './named-client.js';
import { registeredScopes } from './registered-scopes.js';
import { asksForMore } from './request-object.js';
import { withConfiguredResource } from './resource-parameter.js';
import { asPushed } from './silent-requests.js';

/** Pushed authorization requests (RFC 9126). They become what a browser would bring; then oidc-provider takes them. */
@Controller()
export class PushedRequestsController {
  readonly #library: LibraryAnswers;
  readonly #cors: Cors;

  constructor(
    private readonly provider: Provider,
    urls: IssuerUrls,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {
    this.#library = new LibraryAnswers(provider, urls);
    this.#cors = new Cors(config);
  }

  @Options('oauth/par')
  preflight(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    answerPreflight(request, reply, this.#cors);
  }

  @Post('oauth/par')
  async push(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const form = formOf(request);
    if (asksForMore(form?.get('request') ?? null)) {
      const error = {
        error: 'invalid_request',
        error_description: 'the request object asks for what is not supported',
      };
      sendProtocolError(reply, 400, error, this.#cors.headers(request.headers.origin));
      return;
    }
    const body = form && Buffer.from((await this.#asByBrowser(form, request)).toString());
    // Each is kept, and anybody has a client: long ones would take the room of other people's sign-ins.
    if ((body?.length ?? 0) > MAX_QUERY_CHARACTERS) {
      const error = { error: 'invalid_request', error_description: 'the request is too long' };
      sendProtocolError(reply, 400, error, this.#cors.headers(request.headers.origin));
      return;
    }
    await this.#library.answer(request, reply, { route: '/oauth/par', body });
  }

  /** A request object says everything itself (RFC 9101, section 5). */
  async #asByBrowser(form: URLSearchParams, request: FastifyRequest): Promise<URLSearchParams> {
    if (form.has('request')) return form;
    const clientId = namedClient(form, request.headers.authorization);
    const scopes = await registeredScopes(this.provider, clientId);
    // The mark is ours alone: a client's own is gone then.
    const query = asPushed(inQueryOnly(withConfiguredResource(form, this.config)));
    return withDefaults(query, this.config, scopes);
  }
}
