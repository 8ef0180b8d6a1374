import { Controller, Inject, Options, Post, Req, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Provider } from 'oidc-provider';
import { ClientTerms } from '../client-terms/client-terms.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { formWithoutHint } from './device-settings.js';
import { PreparedRequests } from './prepared-requests.flow.js';
import { withoutMark } from './silent-requests.js';

const OFF = {
  error: 'not_found',
  error_description: 'No device can ask for a code here: authServer.deviceFlow.',
};

/** Where a machine without a browser asks for a code that a person enters elsewhere (RFC 8628, section 3.1). */
@Controller()
export class DeviceAuthorizationController {
  readonly #requests: PreparedRequests;

  constructor(
    provider: Provider,
    urls: IssuerUrls,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
    terms: ClientTerms,
  ) {
    this.#requests = new PreparedRequests(provider, urls, config, terms);
  }

  @Options('oauth/device_authorization')
  preflight(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#requests.preflight(request, reply);
  }

  @Post('oauth/device_authorization')
  async ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (this.config.deviceFlow === undefined) this.#requests.refuse(request, reply, 404, OFF);
    else
      await this.#requests.take(request, reply, '/oauth/device_authorization', (form) =>
        formWithoutHint(withoutMark(form)),
      );
  }
}
