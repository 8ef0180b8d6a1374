import { All, Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { redirectUriProblem } from '@gatehouse/config/urls/client-uris';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { Log } from '@gatehouse/observability/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Provider } from 'oidc-provider';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { ClientTerms } from '../client-terms/client-terms.js';
import { CLIENT_CREDENTIALS } from '../clients/client-grants.js';
import { Cors } from '../http/cors.js';
import { answerPreflight } from '../http/preflight.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { sendPage } from '../http/reply.js';
import { authorizationQuery } from './authorization-form.js';
import { inQueryOnly, withDefaults, withKnownScopes } from './authorization-query.js';
import { namedClient } from './named-client.js';
import { withOwnScopes } from './own-tokens-of-clients.js';
import { protocolErrorPage } from './protocol-error-page.js';
import { formOf, LibraryAnswers } from './library-answers.js';
import { registeredScopes } from './registered-scopes.js';
import { asksForMore } from './request-object.js';
import { withSilence } from './silent-requests.js';
import { withConfiguredResource } from './resource-parameter.js';

/** The OAuth endpoints. Our own checks come first; then oidc-provider makes the response. */
@Controller()
export class OAuthController {
  readonly #library: LibraryAnswers;
  readonly #schemes: readonly string[];
  readonly #cors: Cors;

  constructor(
    private readonly provider: Provider,
    private readonly urls: IssuerUrls,
    private readonly terms: ClientTerms,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {
    this.#library = new LibraryAnswers(provider, urls);
    this.#schemes = config.clientRegistration.redirectSchemes;
    this.#cors = new Cors(config);
  }

  @Get('oauth/authorize')
  async authorize(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!this.urls.beginsElsewhere) await this.begin(request, reply);
    else
      await reply
        .header('cache-control', 'no-store')
        .redirect(this.urls.url(request.url.replace('/oauth/authorize', '/oauth/begin')), 302);
  }

  /**
   * OpenID Connect Core, section 3.1.2.1: the same by a form. It becomes a `GET`, because a browser sends no `Lax` cookie with a
   * form of another site, and does with a navigation (RFC 6265bis, section 5.5): whoever is signed in would look like a stranger.
   */
  @Post('oauth/authorize')
  async authorizeByForm(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = authorizationQuery(formOf(request));
    if (query === undefined) {
      this.#refuse(reply, 'invalid_request');
      return;
    }
    const { beginsElsewhere, authorizationEndpoint } = this.urls;
    const address = beginsElsewhere ? this.urls.url('/oauth/begin') : authorizationEndpoint;
    await reply
      .headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
      .redirect(`${address}?${query.toString()}`, 303);
  }

  /** A sign-in that began at another host goes on here, at the issuer's host. */
  @Get('oauth/begin')
  async begin(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = new URLSearchParams(request.url.split('?').slice(1).join('?'));
    const exchange = { request: request.raw, response: reply.raw };
    const silent = await withSilence(this.provider, this.urls, exchange, asked);
    const search = inQueryOnly(withConfiguredResource(silent, this.config));
    if (asksForMore(search.get('request'))) {
      this.#refuse(reply, 'invalid_request');
      return;
    }
    // The library compares it with the registered ones, port aside, and pages show it. So it must be one that could be registered.
    const redirectUri = search.get('redirect_uri');
    if (redirectUri !== null && redirectUriProblem(redirectUri, this.#schemes) !== undefined) {
      this.#refuse(reply, 'invalid_redirect_uri', redirectUri);
      return;
    }
    const query = withDefaults(
      search,
      this.config,
      await registeredScopes(this.provider, search.get('client_id'), this.terms),
    );
    await this.#library.answer(request, reply, { route: `/oauth/authorize?${query.toString()}` });
  }

  #refuse(reply: FastifyReply, error: string, redirectUri?: string): void {
    const reference = newReference();
    this.log.info('protocol-request-refused', { endpoint: 'authorize', errorCode: error, reference });
    const page = protocolErrorPage({ error }, this.urls.site, { redirectUri, reference });
    sendPage(reply, page, { status: 400 });
  }

  @All(['oauth/token', 'oauth/revoke'])
  async endpoint(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (request.method === 'OPTIONS') {
      answerPreflight(request, reply, this.#cors);
      return;
    }
    const body = await this.#readyForm(request);
    await this.#library.answer(request, reply, { route: request.url, body });
  }

  /** @returns `undefined`: the form is passed on as it came. */
  async #readyForm(request: FastifyRequest): Promise<Buffer | undefined> {
    const form = formOf(request);
    const isOwn = form?.get('grant_type') === CLIENT_CREDENTIALS;
    if (form === undefined || !(isOwn || form.has('resource') || form.has('scope'))) return undefined;
    const ready = withConfiguredResource(form, this.config);
    const client = namedClient(form, request.headers.authorization);
    if (isOwn) return Buffer.from(withOwnScopes(ready, client, this.config).toString());
    if (!form.has('scope')) return Buffer.from(ready.toString());
    const scopes = await registeredScopes(this.provider, client, this.terms);
    const narrowed = withKnownScopes(ready, this.config, scopes);
    return Buffer.from(narrowed.toString());
  }

  @All([
    '.well-known/oauth-authorization-server',
    '.well-known/openid-configuration',
    '.well-known/jwks.json',
  ])
  async document(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#library.answer(request, reply);
  }
}
