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
import { withDefaults } from './authorization-query.js';
import { formOf, LibraryAnswers } from './library-answers.js';
import { namedClient } from './named-client.js';
import { registeredScopes } from './registered-scopes.js';
import { asksForMore } from './request-object.js';
import { withConfiguredResource } from './resource-parameter.js';
import { SILENT } from './silent-requests.js';

/** Where a machine without a browser asks for a code that a person enters elsewhere (RFC 8628, section 3.1). */
@Controller()
export class DeviceAuthorizationController {
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

  @Options('oauth/device_authorization')
  preflight(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    answerPreflight(request, reply, this.#cors);
  }

  @Post('oauth/device_authorization')
  async ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const refuse = (status: number, error: string, error_description: string): void => {
      sendProtocolError(
        reply,
        status,
        { error, error_description },
        this.#cors.headers(request.headers.origin),
      );
    };
    if (this.config.deviceFlow === undefined) {
      refuse(404, 'not_found', 'No device can ask for a code here: authServer.deviceFlow.');
      return;
    }
    const form = formOf(request);
    if (asksForMore(form?.get('request') ?? null)) {
      refuse(400, 'invalid_request', 'the request object asks for what is not supported');
      return;
    }
    const body = form && Buffer.from((await this.#ready(form, request)).toString());
    // Each is kept, and anybody has a client: long ones would take the room of other people's sign-ins.
    if ((body?.length ?? 0) > MAX_QUERY_CHARACTERS) {
      refuse(400, 'invalid_request', 'the request is too long');
      return;
    }
    await this.#library.answer(request, reply, { route: '/oauth/device_authorization', body });
  }

  /** Scopes and resource as in an authorization request. A request object says everything itself (RFC 9101, section 5). */
  async #ready(form: URLSearchParams, request: FastifyRequest): Promise<URLSearchParams> {
    if (form.has('request')) return form;
    // No client sets it (silent-requests.ts).
    form.delete(SILENT);
    const clientId = namedClient(form, request.headers.authorization);
    const scopes = await registeredScopes(this.provider, clientId);
    return withDefaults(withConfiguredResource(form, this.config), this.config, scopes);
  }
}
