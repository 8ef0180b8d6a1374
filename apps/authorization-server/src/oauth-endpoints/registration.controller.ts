import { Controller, Inject, Options, Post, Req, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { Log } from '@gatehouse/observability/log';
import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Provider } from 'oidc-provider';
import { registrationPolicy } from '../clients/registration-policy.js';
import { Cors } from '../http/cors.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { answerPreflight } from '../http/preflight.js';
import { sendProtocolError } from '../http/reply.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { LibraryAnswers } from './library-answers.js';
import { presentedToken } from './presented-token.js';
import { refuseToken } from './refuse-token.js';
import { jsonOf, registrationRules, SWITCHED_OFF } from './registration-request.js';

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
      sendProtocolError(reply, 404, SWITCHED_OFF, cors);
      return;
    }
    if (!this.#mayRegister(request, reply, cors)) return;
    const verdict = registrationPolicy(jsonOf(request), registrationRules(this.config, this.keys));
    if (verdict.kind === 'refused') {
      this.log.info('client-registration-refused', { reason: verdict.description });
      sendProtocolError(reply, 400, { error: verdict.error, error_description: verdict.description }, cors);
      return;
    }
    const body = Buffer.from(JSON.stringify(verdict.metadata));
    await this.#library.answer(request, reply, { route: '/oauth/register', body });
  }

  /** RFC 7591, section 3: before anything of the request is looked at. Digests have one length, so the time tells nothing of it. */
  #mayRegister(
    request: FastifyRequest,
    reply: FastifyReply,
    cors: Readonly<Record<string, string>>,
  ): boolean {
    const { dynamic, initialAccessToken } = this.config.clientRegistration;
    if (dynamic === 'open') return true;
    const presented = presentedToken(request);
    const isRight =
      presented.kind === 'bearer' &&
      initialAccessToken !== undefined &&
      equalsInConstantTime(sha256(presented.token), sha256(initialAccessToken.reveal()));
    if (isRight) return true;
    const wrong = presented.kind === 'none' ? undefined : 'this is not the initial access token';
    this.log.info('client-registration-refused', { reason: wrong ?? 'no initial access token' });
    refuseToken(reply, this.config.issuer, wrong, cors);
    return false;
  }
}
