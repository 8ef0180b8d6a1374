import { Controller, Get, Inject, Options, Post, Req, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { countedWarning } from '@gatehouse/observability/counted-warning';
import { Log } from '@gatehouse/observability/log';
import { ClientCertificates } from '@gatehouse/service-process/client-certificates';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Cors } from '../http/cors.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { answerPreflight } from '../http/preflight.js';
import { sendProtocolError } from '../http/reply.js';
import { sendLimited } from '../http/request-limits.js';
import { COME_BACK_AFTER_SECONDS } from './outage-answer.js';
import { presentedToken, type PresentedToken } from './presented-token.js';
import { schemeFor, tokenChallenge } from './token-challenge.js';
import type { ShownToken } from './token-holder.flow.js';
import { UserInfo, type UserInfoAnswer } from './user-info.flow.js';

interface Challenge {
  readonly status: 400 | 401 | 403;
  readonly error:
    'invalid_request' | 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof' | 'use_dpop_nonce';
  readonly error_description: string;
}

const MALFORMED: Challenge = {
  status: 400,
  error: 'invalid_request',
  error_description: 'one access token is needed, in the header or, without a proof, in a form',
};
const REFUSALS: Readonly<Record<Exclude<UserInfoAnswer['kind'], 'claims' | 'limited'>, Challenge>> = {
  invalid_token: {
    status: 401,
    error: 'invalid_token',
    error_description:
      'the token is not valid, not any more, or not without a proof of its key or its certificate',
  },
  insufficient_scope: {
    status: 403,
    error: 'insufficient_scope',
    error_description: 'the token needs the scope openid',
  },
  // RFC 9449, sections 7.1 and 9.
  invalid_dpop_proof: {
    status: 401,
    error: 'invalid_dpop_proof',
    error_description:
      'the DPoP proof is missing, not for this request, token and key, not new, or was used before',
  },
  use_dpop_nonce: {
    status: 401,
    error: 'use_dpop_nonce',
    error_description: 'the DPoP proof needs the nonce of the DPoP-Nonce header',
  },
};

/** The UserInfo endpoint (OpenID Connect Core, section 5.3). The library has one for tokens that it looks up; ours are JWTs for a resource. */
@Controller('oauth/userinfo')
export class UserInfoController {
  readonly #cors: Cors;
  readonly #url: string;
  readonly #limited: () => void;

  constructor(
    private readonly userInfo: UserInfo,
    private readonly log: Log,
    private readonly certificates: ClientCertificates,
    urls: IssuerUrls,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {
    this.#cors = new Cors(config);
    this.#limited = countedWarning(log, 'request-limited', { kind: 'userinfo' });
    this.#url = urls.url('/oauth/userinfo');
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
    if (presented.kind === 'none') {
      const headers = {
        'cache-control': 'no-store',
        ...cors,
        'www-authenticate': this.#challenge(presented.kind),
      };
      void reply.code(401).headers(headers).send();
    } else if (presented.kind === 'malformed') this.#refuse(reply, MALFORMED, presented.kind, cors);
    else {
      const { headers, method } = request;
      const certificate = (): string | undefined => this.certificates.thumbprintOf(request.raw);
      const shown = { ...presented, proof: headers['dpop'], certificate, method, url: this.#url };
      await this.#tell(reply, shown, cors);
    }
  }

  async #tell(reply: FastifyReply, shown: ShownToken, cors: Readonly<Record<string, string>>): Promise<void> {
    try {
      const answer = await this.userInfo.of(shown);
      if (answer.kind === 'limited') {
        this.#limited();
        sendLimited(reply, answer.seconds, cors);
        return;
      }
      if (answer.kind !== 'claims') {
        if (answer.kind === 'use_dpop_nonce') void reply.header('dpop-nonce', answer.nonce);
        this.#refuse(reply, REFUSALS[answer.kind], shown.kind, cors);
        return;
      }
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

  #refuse(
    reply: FastifyReply,
    { status, ...body }: Challenge,
    shown: PresentedToken['kind'],
    cors: Readonly<Record<string, string>>,
  ): void {
    void reply.header('www-authenticate', this.#challenge(shown, body));
    sendProtocolError(reply, status, body, cors);
  }

  #challenge(shown: PresentedToken['kind'], body?: Omit<Challenge, 'status'>): string {
    return tokenChallenge(schemeFor(shown, this.config), [
      ['realm', this.config.issuer],
      ...(body === undefined ? [] : Object.entries(body)),
      ...(body?.error === 'insufficient_scope' ? [['scope', 'openid'] as const] : []),
    ]);
  }
}
