import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { PROVIDER_LOGOUT_PATH } from '@gatehouse/config/urls/callbacks';
import type { LogoutRefusal } from '@gatehouse/contracts/token-vault/provider-logout';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProtocolError } from '../http/reply.js';
import { formOf } from '../oauth-endpoints/library-answers.js';
import { ProviderLogout } from './provider-logout.flow.js';

/** A compact JWS (RFC 7515, section 7.1). Longer than any that a provider makes is none. */
const LOGOUT_TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const MAX_CHARACTERS = 16_384;

/** What a provider's developers read; nothing of what is known here. */
const REASONS: Readonly<Record<LogoutRefusal, string>> = {
  not_a_logout_token: 'logout_token is no logout token',
  wrong_issuer: 'logout_token has another issuer',
  wrong_audience: 'logout_token is for another client',
  wrong_time: 'logout_token has expired, is too old, or is of the future',
  names_nobody: 'logout_token names neither a session nor a subject',
  wrong_signature: 'logout_token is not signed as id_tokens of its issuer are',
};

/**
 * Providers post here that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0, section 2.5). Each has an address of its
 * own, so that no token of one can be taken for one of another.
 */
@Controller(PROVIDER_LOGOUT_PATH)
export class ProviderLogoutController {
  constructor(
    private readonly logout: ProviderLogout,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'upstreamProviders'>,
  ) {}

  @Post(':provider')
  @HttpCode(200)
  async end(
    @Param('provider') provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!this.config.upstreamProviders.some(({ name, type }) => name === provider && type === 'oidc')) {
      sendUnknown(reply);
      return;
    }
    const token = tokenIn(request);
    if (token === undefined) {
      refuse(reply, 'exactly one logout_token is needed, in a form');
      return;
    }
    try {
      const refusal = await this.logout.run(provider, token);
      if (refusal === undefined) void reply.code(200).header('cache-control', 'no-store').send();
      else refuse(reply, REASONS[refusal]);
    } catch (error) {
      this.#failed(reply, provider, GatehouseError.from(error));
    }
  }

  /** Section 2.8: the provider may send it again. */
  #failed(reply: FastifyReply, provider: string, error: GatehouseError): void {
    if (error.code === 'unknown_provider') {
      sendUnknown(reply);
      return;
    }
    this.log.failure('provider-logout-failed', error, { provider });
    const error_description = 'The logout could not be finished. Send the same token again.';
    void reply.header('retry-after', '10');
    sendProtocolError(reply, 503, { error: 'temporarily_unavailable', error_description }, {});
  }
}

/** @returns `undefined` unless there is exactly one. */
function tokenIn(request: FastifyRequest): string | undefined {
  const tokens = formOf(request)?.getAll('logout_token') ?? [];
  const [token = ''] = tokens;
  return tokens.length === 1 && token.length <= MAX_CHARACTERS && LOGOUT_TOKEN.test(token)
    ? token
    : undefined;
}

const refuse = (reply: FastifyReply, error_description: string): void => {
  sendProtocolError(reply, 400, { error: 'invalid_request', error_description }, {});
};

const sendUnknown = (reply: FastifyReply): void => {
  const error_description = 'no provider of this gateway sends logout tokens here';
  sendProtocolError(reply, 404, { error: 'not_found', error_description }, {});
};
