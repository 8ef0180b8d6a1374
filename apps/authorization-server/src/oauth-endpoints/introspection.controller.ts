import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Provider } from 'oidc-provider';
import { Cors } from '../http/cors.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { sendProtocolError } from '../http/reply.js';
import { Introspection } from './introspection.flow.js';
import { LibraryAnswers } from './library-answers.js';

/** Token introspection (RFC 7662): the library proves the client, and finds what is no JWT. */
@Controller()
export class IntrospectionController {
  readonly #library: LibraryAnswers;
  readonly #cors: Cors;

  constructor(
    provider: Provider,
    urls: IssuerUrls,
    private readonly introspection: Introspection,
    @Inject(CONFIG) config: AuthorizationServerPart,
  ) {
    this.#library = new LibraryAnswers(provider, urls);
    this.#cors = new Cors(config);
  }

  @Post('oauth/introspect')
  async introspect(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (this.introspection.isOffered) {
      await this.#library.answer(request, reply);
      return;
    }
    const error_description =
      'No client may ask about tokens here: clientRegistration.clients, introspection.';
    const cors = this.#cors.headers(request.headers.origin);
    sendProtocolError(reply, 404, { error: 'not_found', error_description }, cors);
  }
}
