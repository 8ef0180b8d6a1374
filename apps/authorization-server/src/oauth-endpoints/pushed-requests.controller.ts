import { Controller, Inject, Options, Post, Req, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Provider } from 'oidc-provider';
import { ClientTerms } from '../client-terms/client-terms.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { inQueryOnly } from './authorization-query.js';
import { PreparedRequests } from './prepared-requests.flow.js';
import { asPushed } from './silent-requests.js';

/** Pushed authorization requests (RFC 9126). */
@Controller()
export class PushedRequestsController {
  readonly #requests: PreparedRequests;

  constructor(
    provider: Provider,
    urls: IssuerUrls,
    @Inject(CONFIG) config: AuthorizationServerPart,
    terms: ClientTerms,
  ) {
    this.#requests = new PreparedRequests(provider, urls, config, terms);
  }

  @Options('oauth/par')
  preflight(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#requests.preflight(request, reply);
  }

  @Post('oauth/par')
  async push(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    // The mark is ours alone: a client's own is gone then.
    await this.#requests.take(request, reply, '/oauth/par', (form) => asPushed(inQueryOnly(form)));
  }
}
