import { Controller, Delete, Get, Inject, Options, Param, Put, Req, Res } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Provider } from 'oidc-provider';
import { OwnRegistration } from '../clients/own-registration.flow.js';
import { registrationPolicy } from '../clients/registration-policy.js';
import { Cors } from '../http/cors.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { answerPreflight } from '../http/preflight.js';
import { sendProtocolError } from '../http/reply.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { LibraryAnswers } from './library-answers.js';
import { COME_BACK_AFTER_SECONDS } from './outage-answer.js';
import { presentedToken } from './presented-token.js';
import { refuseToken } from './refuse-token.js';
import { jsonOf, registrationRules, SWITCHED_OFF } from './registration-request.js';

const METHODS = 'GET, PUT, DELETE';

/** RFC 7592, sections 2.1 to 2.3: of an unknown client, another one's token, and a token that has ended, there is one answer. */
const NOT_ITS_TOKEN = 'this is not the registration access token of this client';

/** What RFC 7592, section 2.2, has in a change beside metadata, and what it forbids there. The library looks at them. */
const BESIDE_METADATA = [
  'client_id',
  'client_secret',
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
];

type CorsHeaders = Readonly<Record<string, string>>;

/** A client's own registration (RFC 7592). Our own checks come first; then oidc-provider reads or changes it. */
@Controller('oauth/register/:clientId')
export class RegistrationManagementController {
  readonly #library: LibraryAnswers;
  readonly #cors: Cors;

  constructor(
    provider: Provider,
    private readonly urls: IssuerUrls,
    private readonly keys: SigningKeys,
    private readonly registrations: OwnRegistration,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {
    this.#library = new LibraryAnswers(provider, urls);
    this.#cors = new Cors(config);
  }

  @Options()
  preflight(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    answerPreflight(request, reply, this.#cors, METHODS);
  }

  @Get()
  async read(
    @Param('clientId') clientId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.#managed(clientId, request, reply, async () => {
      await this.#library.answer(request, reply, { route: routeOf(clientId) });
    });
  }

  /** What it says replaces what was registered, by the rules of a registration. */
  @Put()
  async change(
    @Param('clientId') clientId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.#managed(clientId, request, reply, async (_token, cors) => {
      const asked = jsonOf(request);
      const verdict = registrationPolicy(asked, registrationRules(this.config, this.keys));
      if (verdict.kind === 'refused') {
        sendProtocolError(reply, 400, { error: verdict.error, error_description: verdict.description }, cors);
        return;
      }
      const body = Buffer.from(JSON.stringify({ ...besideMetadata(asked), ...verdict.metadata }));
      await this.#library.answer(request, reply, { route: routeOf(clientId), body });
    });
  }

  @Delete()
  async delete(
    @Param('clientId') clientId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.#managed(clientId, request, reply, async (token, cors) => {
      if (await this.registrations.delete(clientId, token))
        await reply
          .code(204)
          .headers({ 'cache-control': 'no-store', ...cors })
          .send();
      else refuseToken(reply, this.urls.issuer, NOT_ITS_TOKEN, cors);
    });
  }

  async #managed(
    clientId: string,
    request: FastifyRequest,
    reply: FastifyReply,
    answer: (token: string, cors: CorsHeaders) => Promise<void>,
  ): Promise<void> {
    const cors = this.#cors.headers(request.headers.origin);
    if (this.config.clientRegistration.dynamic === 'off') {
      sendProtocolError(reply, 404, SWITCHED_OFF, cors);
      return;
    }
    const presented = presentedToken(request);
    try {
      if (presented.kind === 'none') refuseToken(reply, this.urls.issuer, undefined, cors);
      else if (
        presented.kind === 'bearer' &&
        (await this.registrations.isManagedBy(clientId, presented.token))
      )
        await answer(presented.token, cors);
      else refuseToken(reply, this.urls.issuer, NOT_ITS_TOKEN, cors);
    } catch (thrown) {
      const error = GatehouseError.from(thrown);
      if (error.facts.owner !== 'capacity') throw thrown;
      const body = { error: 'temporarily_unavailable', error_description: error.publicText };
      sendProtocolError(reply, 503, body, { ...cors, 'retry-after': COME_BACK_AFTER_SECONDS });
    }
  }
}

const routeOf = (clientId: string): string => `/oauth/register/${encodeURIComponent(clientId)}`;

const besideMetadata = (asked: unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(typeof asked === 'object' && asked !== null ? asked : {}).filter(([member]) =>
      BESIDE_METADATA.includes(member),
    ),
  );
