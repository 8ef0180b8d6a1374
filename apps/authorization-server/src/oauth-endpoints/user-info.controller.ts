import { Controller, Get, Inject, Options, Post, Req, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Cors } from '../http/cors.js';
import { answerPreflight } from '../http/preflight.js';
import { sendProtocolError } from '../http/reply.js';
import { COME_BACK_AFTER_SECONDS } from './outage-answer.js';
import { presentedToken } from './presented-token.js';
import { UserInfo } from './user-info.flow.js';

interface Challenge {
  readonly status: 400 | 401 | 403;
  readonly error: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  readonly error_description: string;
}

const MALFORMED: Challenge = {
  status: 400,
  error: 'invalid_request',
  error_description: 'one bearer token is needed, in the header or in a form',
};
const INVALID: Challenge = {
  status: 401,
  error: 'invalid_token',
  error_description: 'the token is not valid, or not any more',
};
const INSUFFICIENT: Challenge = {
  status: 403,
  error: 'insufficient_scope',
  error_description: 'the token needs the scope openid',
};

/** The UserInfo endpoint (OpenID Connect Core, section 5.3). The library has one for tokens that it looks up; ours are JWTs for a resource. */
@Controller('oauth/userinfo')
export class UserInfoController {
  readonly #cors: Cors;

  constructor(
    private readonly userInfo: UserInfo,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {
    this.#cors = new Cors(config);
  }

  @Options()
  preflight(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    answerPreflight(request, reply, this.#cors);
  }

  @Get()
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answer(request, reply);
  }

  /** Section 5.3.1: the same. */
  @Post()
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answer(request, reply);
  }

  async #answer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const cors = this.#cors.headers(request.headers.origin);
    if (!this.config.scopesSupported.includes('openid')) {
      const error_description = 'OpenID Connect is not supported here: openid is not among the scopes.';
      sendProtocolError(reply, 404, { error: 'not_found', error_description }, cors);
      return;
    }
    const presented = presentedToken(request);
    // RFC 6750, section 3.1: whoever shows nothing is told how to, and no error.
    if (presented.kind === 'none')
      void reply
        .code(401)
        .headers({ 'cache-control': 'no-store', ...cors, 'www-authenticate': this.#challenge() })
        .send();
    else if (presented.kind === 'malformed') this.#refuse(reply, MALFORMED, cors);
    else await this.#tell(reply, presented.token, cors);
  }

  async #tell(reply: FastifyReply, token: string, cors: Readonly<Record<string, string>>): Promise<void> {
    try {
      const answer = await this.userInfo.of(token);
      if (answer.kind === 'invalid_token') this.#refuse(reply, INVALID, cors);
      else if (answer.kind === 'insufficient_scope') this.#refuse(reply, INSUFFICIENT, cors);
      else
        void reply
          .code(200)
          .headers({ 'content-type': 'application/json', 'cache-control': 'no-store', ...cors })
          .send(JSON.stringify(answer.claims));
    } catch (thrown) {
      const error = GatehouseError.from(thrown);
      this.log.failure('protocol-endpoint-failed', error);
      const [status, name] =
        error.facts.owner === 'capacity'
          ? ([503, 'temporarily_unavailable'] as const)
          : ([500, 'server_error'] as const);
      if (status === 503) void reply.header('retry-after', COME_BACK_AFTER_SECONDS);
      sendProtocolError(reply, status, { error: name, error_description: error.publicText }, cors);
    }
  }

  #refuse(reply: FastifyReply, { status, ...body }: Challenge, cors: Readonly<Record<string, string>>): void {
    void reply.header('www-authenticate', this.#challenge(body));
    sendProtocolError(reply, status, body, cors);
  }

  /** RFC 6750, section 3. */
  #challenge(body?: Omit<Challenge, 'status'>): string {
    const parameters: readonly (readonly [string, string])[] = [
      ['realm', this.config.issuer],
      ...(body === undefined ? [] : Object.entries(body)),
      ...(body?.error === 'insufficient_scope' ? [['scope', 'openid'] as const] : []),
    ];
    return `Bearer ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
  }
}
