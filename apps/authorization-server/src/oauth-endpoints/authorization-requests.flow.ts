import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { errors, Provider } from 'oidc-provider';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import { isAssured } from '../clients/assured-client.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Exchange } from '../http/exchange.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { asSeenByProvider } from './node-exchange.js';

/** The client that asks. Its own description is shown, never trusted. */
export interface RequestingClient {
  readonly clientId: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** Host of the client's metadata document, for a client id that is a URL. */
  readonly documentHost?: string;
  /** Only this client can receive the code of this request. */
  readonly assured: boolean;
}

/** An authorization request that passed every check and waits for its person. */
export interface AuthorizationRequest {
  readonly uid: string;
  /** Names the browser that made the request. */
  readonly browserBinding: string;
  readonly client: RequestingClient;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** The client asked for a fresh sign-in (`prompt=login` or `select_account`). */
  readonly wantsFreshSignIn: boolean;
  /** It asked to have an account chosen, and not for a new login. */
  readonly asksForAccount: boolean;
  readonly browserAccountId?: AccountId;
  /** Where the browser goes once the request has been answered; absent before. */
  readonly answeredAt?: string;
  readonly expiresAtMs: number;
}

/** The error that a client gets instead of a code (RFC 6749, section 4.1.2.1). */
export type Refusal = 'access_denied' | 'temporarily_unavailable' | 'server_error';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** Authorization requests that wait for their person. Each belongs to the browser that made it, which its cookie proves. */
@Injectable()
export class AuthorizationRequests {
  constructor(
    private readonly provider: Provider,
    private readonly urls: IssuerUrls,
    private readonly cookies: AttemptCookies,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  /** @throws {GatehouseError} `attempt_wrong_browser`, or `attempt_unknown` when it is over. */
  async load(exchange: Exchange, uid: string): Promise<AuthorizationRequest> {
    const interaction = await this.#interaction(exchange, uid);
    const { params, session, result } = interaction;
    const client = await this.provider.Client.find(text(params['client_id']));
    if (client === undefined) throw new GatehouseError('attempt_unknown', 'the client is gone');
    const documentHost = isDocument(client) ? URL.parse(client.clientId)?.host : undefined;
    const redirectUri = text(params['redirect_uri']);
    const prompts = text(params['prompt']).split(' ');
    return {
      uid,
      browserBinding: this.cookies.bindingOf(uid),
      client: {
        clientId: client.clientId,
        name: client.clientName ?? documentHost ?? 'An unnamed application',
        redirectUris: client.redirectUris ?? [],
        assured: isAssured({
          redirectUri,
          hasDocument: documentHost !== undefined,
          authenticates: client.tokenEndpointAuthMethod !== 'none',
        }),
        ...(documentHost === undefined ? {} : { documentHost }),
      },
      redirectUri,
      scopes: text(params['scope']).split(' ').filter(Boolean),
      wantsFreshSignIn: prompts.includes('login') || prompts.includes('select_account'),
      asksForAccount: prompts.includes('select_account') && !prompts.includes('login'),
      ...(session === undefined ? {} : { browserAccountId: session.accountId as AccountId }), // accounts are ours alone
      ...(result === undefined ? {} : { answeredAt: interaction.returnTo }),
      expiresAtMs: interaction.exp * SECOND_MS,
    };
  }

  /** Grants the request to the account. The grant's id is the session's id. @returns where the browser goes. */
  async approve(exchange: Exchange, uid: string, accountId: AccountId, tsid: SessionId): Promise<string> {
    const interaction = await this.#interaction(exchange, uid);
    const scope = text(interaction.params['scope']);
    const grant = new this.provider.Grant({ accountId, clientId: text(interaction.params['client_id']) });
    grant.jti = tsid;
    if (scope !== '') {
      // The library asks again unless the scopes are granted for the authorization server itself and for the resource.
      grant.addOIDCScope(scope);
      grant.addResourceScope(this.config.resourceUrl, scope);
    }
    await grant.save();
    await this.#forgetOtherAccount(exchange, interaction, accountId);
    return await this.#answer(interaction, {
      login: { accountId },
      consent: { grantId: tsid },
      select_account: {},
    });
  }

  /** @returns where the browser goes: to the client, with the error. */
  async refuse(exchange: Exchange, uid: string, refusal: Refusal, description: string): Promise<string> {
    const interaction = await this.#interaction(exchange, uid);
    return await this.#answer(interaction, { error: refusal, error_description: description });
  }

  async #answer(interaction: Interaction, result: NonNullable<Interaction['result']>): Promise<string> {
    interaction.result = result;
    await interaction.persist();
    return interaction.returnTo;
  }

  /**
   * The browser belongs to the account that signed in last. The library would ask the old account to sign out first.
   * Instead, the old browser session ends here.
   */
  async #forgetOtherAccount(
    exchange: Exchange,
    interaction: Interaction,
    accountId: AccountId,
  ): Promise<void> {
    const session = await this.provider.Session.get(this.#context(exchange));
    if (session.accountId === undefined || session.accountId === accountId) return;
    await session.destroy();
    interaction.session = undefined;
  }

  async #interaction(exchange: Exchange, uid: string): Promise<Interaction> {
    if (this.cookies.of(uid, exchange.request.headers.cookie) === undefined)
      throw new GatehouseError('attempt_wrong_browser');
    try {
      const { request, response } = exchange;
      const interaction = await this.provider.interactionDetails(
        asSeenByProvider(request, this.urls, { route: `/sign-in/${uid}`, interaction: uid }),
        response,
      );
      if (interaction.uid === uid) return interaction;
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
    }
    throw new GatehouseError('attempt_unknown', 'there is no such authorization request (any more)');
  }

  #context({ request, response }: Exchange) {
    return this.provider.createContext(asSeenByProvider(request, this.urls, { route: '/' }), response);
  }
}

/** The library marks a client that it read from a document, and its types do not know the mark. */
const isDocument = (client: object): boolean =>
  'clientIdMetadataDocument' in client && client.clientIdMetadataDocument === true;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
