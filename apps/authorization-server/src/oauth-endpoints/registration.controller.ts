import { Controller, Inject, Options, Post, Req, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { Log } from '@gatehouse/observability/log';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Provider } from 'oidc-provider';
import { registrationPolicy } from '../clients/registration-policy.js';
import { Cors } from '../http/cors.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { answerPreflight } from '../http/preflight.js';
import { sendProtocolError } from '../http/reply.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { bodyOf, LibraryAnswers } from './library-answers.js';

/** Dynamic Client Registration (RFC 7591). Our own policy comes first; then oidc-provider makes the response. */
@Controller()
export class RegistrationController {
  readonly #library: LibraryAnswers;
  readonly #cors: Cors;

  constructor(
    provider: Provider,
    urls: IssuerUrls,
    private readonly keys: SigningKeys,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {
    this.#library = new LibraryAnswers(provider, urls);
    this.#cors = new Cors(config);
  }

  @Options('oauth/register')
  preflight(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    answerPreflight(request, reply, this.#cors);
  }

  @Post('oauth/register')
  async register(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const cors = this.#cors.headers(request.headers.origin);
    if (this.config.clientRegistration.dynamic === 'off') {
      const error_description = 'Dynamic registration is switched off here.';
      sendProtocolError(reply, 404, { error: 'not_found', error_description }, cors);
      return;
    }
    const verdict = registrationPolicy(jsonBody(request), {
      ...this.config,
      ...this.config.clientRegistration,
      idTokenAlgs: this.keys.algorithms,
    });
    if (verdict.kind === 'refused') {
      this.log.info('client-registration-refused', { reason: verdict.description });
      sendProtocolError(reply, 400, { error: verdict.error, error_description: verdict.description }, cors);
      return;
    }
    const body = Buffer.from(JSON.stringify(verdict.metadata));
    await this.#library.answer(request, reply, { route: '/oauth/register', body });
  }
}

function jsonBody(request: FastifyRequest): unknown {
  if (!/^application\/json(;|$)/i.test(request.headers['content-type'] ?? '')) return undefined;
  try {
    return JSON.parse(bodyOf(request)?.toString('utf8') ?? '') as unknown;
  } catch {
    return undefined;
  }
}
