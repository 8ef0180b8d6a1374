import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { decodeJwt } from 'jose';
import { errors, Provider } from 'oidc-provider';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import { isAssured } from '../clients/assured-client.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Exchange } from '../http/exchange.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { DeviceAnswers } from './device-answers.flow.js';
import type { ClaimedCode } from './device-codes.store.js';
import { asSeenByProvider } from './node-exchange.js';
import { wantedPerson } from './requested-claims.js';
import { SILENT } from './silent-requests.js';

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
  /** Where the code goes. Absent: there is none, and the device gets its tokens that shows {@link userCode}. */
  readonly redirectUri?: string;
  /** As the person has entered it (RFC 8628, section 3.3). */
  readonly userCode?: string;
  /** Also those whose claims it asks for one by one (`claims`). */
  readonly scopes: readonly string[];
  /** The one that the tokens will be for. */
  readonly resource: string;
  /**
   * The client asked for a fresh sign-in (`prompt=login`, `select_account`), for a later one than the browser's (`max_age`), or for
   * that of another person (`id_token_hint`).
   */
  readonly wantsFreshSignIn: boolean;
  /** An account has to be chosen, and no new login is asked for. */
  readonly asksForAccount: boolean;
  /** `prompt=none`: the client wants an answer without a page. */
  readonly isSilent: boolean;
  /** The client thinks of another person than is signed in (`id_token_hint`). */
  readonly isOfAnother: boolean;
  /** Whom it thinks of: nobody else is let through (OpenID Connect Core, section 3.1.2.1). */
  readonly hintedAccountId?: AccountId;
  /** Whom it wants (`claims`, `sub`; OpenID Connect Core, section 5.5.1): nobody else is let through. */
  readonly wantedAccountIds?: readonly string[];
  /** How the person must have authenticated (`claims`, an essential `acr`; section 5.5.1.1). */
  readonly requiredAcrs?: readonly string[];
  /** `max_age`: how long ago the person may have authenticated. */
  readonly maxAgeSeconds?: number;
  /** `acr_values` and `claims`: how the client wants the person to have authenticated, in its order. */
  readonly acrValues?: string;
  readonly browserAccountId?: AccountId;
  /** When that account last proved who they are, at the primary provider. */
  readonly browserProvenAtMs?: number;
  /** And how, as that provider said. */
  readonly browserAcr?: string;
  readonly browserAmr?: string[];
  /** Where the browser goes once the request has been answered; absent before. */
  readonly answeredAt?: string;
}

/** A finished sign-in. */
export interface Approved {
  readonly accountId: AccountId;
  /** The grant's id is the session's id. */
  readonly tsid: SessionId;
  readonly provenAtMs?: number | undefined;
  readonly acr?: string | undefined;
  readonly amr?: string[] | undefined;
}

/** What became of a request. */
export type Answered =
  | { readonly kind: 'open' }
  /** The client is told of an error, as often as the browser comes. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'approved'; readonly tsid: SessionId };

/** The error that a client gets instead of a code (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6). */
export type Refusal =
  | 'login_required'
  | 'consent_required'
  | 'interaction_required'
  /** OpenID Connect Core Error Code unmet_authentication_requirements, section 2. */
  | 'unmet_authentication_requirements'
  | 'access_denied'
  | 'temporarily_unavailable'
  | 'server_error';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** Authorization requests that wait for their person. Each belongs to the browser that made it, which its cookie proves. */
@Injectable()
export class AuthorizationRequests {
  constructor(
    private readonly provider: Provider,
    private readonly urls: IssuerUrls,
    private readonly cookies: AttemptCookies,
    private readonly devices: DeviceAnswers,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  /** @throws {GatehouseError} `attempt_wrong_browser`, or `attempt_unknown` when it is over. */
  async load(exchange: Exchange, uid: string): Promise<AuthorizationRequest> {
    const interaction = await this.#interaction(exchange, uid);
    const { params, session, result } = interaction;
    const client = await this.provider.Client.find(text(params['client_id']));
    if (client === undefined) throw new GatehouseError('attempt_unknown', 'the client is gone');
    const documentHost = isDocument(client) ? URL.parse(client.clientId)?.host : undefined;
    const device = await this.#deviceOf(interaction);
    const wanted = wantedPerson(params['claims']);
    const redirectUri = device === undefined ? text(params['redirect_uri']) : undefined;
    return {
      uid,
      browserBinding: this.cookies.bindingOf(uid),
      client: {
        clientId: client.clientId,
        name: client.clientName ?? documentHost ?? 'An unnamed application',
        redirectUris: client.redirectUris ?? [],
        // Whoever shows somebody a code of theirs gets what the person approves (RFC 8628, section 5.4).
        assured:
          redirectUri !== undefined &&
          isAssured({
            redirectUri,
            hasDocument: documentHost !== undefined,
            authenticates: client.tokenEndpointAuthMethod !== 'none',
          }),
        ...(documentHost === undefined ? {} : { documentHost }),
      },
      ...(redirectUri === undefined ? {} : { redirectUri }),
      ...(device === undefined ? {} : { userCode: text(params['user_code']) }),
      scopes: [...new Set([...text(params['scope']).split(' ').filter(Boolean), ...wanted.scopes])],
      resource: this.#resourceIn(params),
      ...freshnessOf(interaction),
      isSilent: params[SILENT] !== undefined,
      // The library's check of who is signed in.
      isOfAnother: isOfAnother(interaction),
      ...hintedIn(params),
      ...(wanted.accountIds === undefined ? {} : { wantedAccountIds: wanted.accountIds }),
      ...(wanted.acr?.isEssential === true ? { requiredAcrs: wanted.acr.values } : {}),
      ...(session === undefined ? {} : await this.#browserAccount(exchange, session.accountId as AccountId)), // accounts are ours alone
      ...(result === undefined && device?.isPending !== false ? {} : { answeredAt: interaction.returnTo }),
    };
  }

  /** Grants the request to the account. @returns where the browser goes. */
  async approve(exchange: Exchange, uid: string, approved: Approved): Promise<string> {
    const { accountId, tsid, provenAtMs, acr, amr } = approved;
    const interaction = await this.#interaction(exchange, uid);
    const scope = text(interaction.params['scope']);
    const grant = new this.provider.Grant({ accountId, clientId: text(interaction.params['client_id']) });
    grant.jti = tsid;
    if (scope !== '') {
      // The library asks again unless the scopes are granted for the authorization server itself and for the resource.
      grant.addOIDCScope(scope);
      grant.addResourceScope(this.#resourceIn(interaction.params), scope);
    }
    grant.addOIDCClaims([...wantedPerson(interaction.params['claims']).claims]);
    await grant.save();
    await this.#forgetOtherAccount(exchange, interaction, accountId);
    const code = codeOf(interaction);
    if (code !== undefined) {
      const granted = { scope, resource: this.#resourceIn(interaction.params) };
      await this.devices.approve(exchange, code, approved, granted);
    }
    return await this.#answer(interaction, {
      // It becomes `auth_time`: when the person proved who they are, not when they came back (OpenID Connect Core, section 2).
      login: {
        accountId,
        ...(provenAtMs === undefined ? {} : { ts: Math.floor(provenAtMs / SECOND_MS) }),
        acr,
        amr,
      },
      consent: { grantId: tsid },
      select_account: {},
    });
  }

  /** @returns where the browser goes: to the client, with the error. */
  async refuse(exchange: Exchange, uid: string, refusal: Refusal, description: string): Promise<string> {
    const interaction = await this.#interaction(exchange, uid);
    const code = codeOf(interaction);
    if (code !== undefined) await this.devices.refuse(code, description);
    return await this.#answer(interaction, { error: refusal, error_description: description });
  }

  async answerOf(exchange: Exchange, uid: string): Promise<Answered> {
    const interaction = await this.#interaction(exchange, uid);
    const { result } = interaction;
    // What a person approved for a device is its device's alone: the browser gets no code for it.
    if (codeOf(interaction) !== undefined)
      throw new GatehouseError('attempt_unknown', 'a device waits for it');
    if (result === undefined) return { kind: 'open' };
    const tsid = result.consent?.grantId;
    return tsid === undefined ? { kind: 'refused' } : { kind: 'approved', tsid: tsid as SessionId }; // by `approve`
  }

  /**
   * Readies an answered request for being answered again: a browser repeats a navigation whose response it did not get. The
   * library would take that for another browser session, which its first answer has replaced.
   */
  async readyAgain(exchange: Exchange, uid: string): Promise<void> {
    const interaction = await this.#interaction(exchange, uid);
    const { result, session } = interaction;
    const accountId = result?.login?.accountId;
    // Somebody else may have signed in in another tab since.
    if (accountId !== undefined)
      await this.#forgetOtherAccount(exchange, interaction, accountId as AccountId); // by `approve`
    const current = await this.provider.Session.get(this.#context(exchange));
    if (session !== undefined && session.uid !== current.uid) interaction.session = undefined;
    if (interaction.session !== session) await interaction.persist();
  }

  async #deviceOf(interaction: Interaction): Promise<{ readonly isPending: boolean } | undefined> {
    const code = codeOf(interaction);
    return code && { isPending: await this.devices.isPending(code) };
  }

  /** The library has checked it, or put it there; one that is written twice is a list of that one. */
  #resourceIn({ resource }: Interaction['params']): string {
    const [first = this.config.resourceUrl] = [resource].flat();
    return text(first);
  }

  async #browserAccount(exchange: Exchange, accountId: AccountId) {
    const {
      accountId: current,
      loginTs,
      acr,
      amr,
    } = await this.provider.Session.get(this.#context(exchange));
    return {
      browserAccountId: accountId,
      ...(current === accountId && loginTs !== undefined ? { browserProvenAtMs: loginTs * SECOND_MS } : {}),
      ...(current === accountId && acr !== undefined ? { browserAcr: acr } : {}),
      ...(current === accountId && amr !== undefined ? { browserAmr: amr } : {}),
    };
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
      if (interaction.uid === uid && !(await this.#isLeftBehind(exchange, interaction))) return interaction;
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
    }
    throw new GatehouseError('attempt_unknown', 'there is no such authorization request (any more)');
  }

  /**
   * The request was made while somebody else was signed in in the browser. The library asks only whether that session has ended,
   * and not whether the browser still has it.
   */
  async #isLeftBehind(exchange: Exchange, { session }: Interaction): Promise<boolean> {
    if (session === undefined) return false;
    const { accountId = session.accountId } = await this.provider.Session.get(this.#context(exchange));
    return accountId !== session.accountId;
  }

  #context({ request, response }: Exchange) {
    return this.provider.createContext(asSeenByProvider(request, this.urls, { route: '/' }), response);
  }
}

/** Of a request for a device. */
const codeOf = ({ uid, deviceCode: row }: Interaction): ClaimedCode | undefined =>
  row === undefined ? undefined : { row, uid };

/** As the contract with the vault has it. */
const MAX_ACR_VALUES = 1_024;

/** A browser's sign-in that is older than `max_age`, or of another kind than `acr_values`, has to be made anew, whatever else was asked for. */
function freshnessOf({
  params,
  prompt,
  session,
}: Interaction): Pick<
  AuthorizationRequest,
  'wantsFreshSignIn' | 'asksForAccount' | 'maxAgeSeconds' | 'acrValues'
> {
  const prompts = text(params['prompt']).split(' ');
  const { acr } = wantedPerson(params['claims']);
  const wished = text(params['acr_values']).split(' ').filter(Boolean);
  const acrs = [...new Set([...(acr?.values ?? []), ...wished])];
  const enough = acr?.isEssential === true ? acr.values : acrs;
  const acrValues = acrs.join(' ');
  const asksForLogin =
    prompts.includes('login') ||
    prompt.reasons.includes('max_age') ||
    (session !== undefined && enough.length > 0 && !enough.includes(session.acr ?? ''));
  const isAnothers = (session !== undefined && isOfAnother({ prompt })) || isNotWanted({ params, session });
  const asksForAccount = (prompts.includes('select_account') || isAnothers) && !asksForLogin;
  const { max_age: maxAge } = params;
  return {
    wantsFreshSignIn: asksForLogin || asksForAccount,
    asksForAccount,
    // The library has checked that it is a whole number.
    ...(maxAge === undefined ? {} : { maxAgeSeconds: Number(maxAge) }),
    // More than a provider is asked with is none.
    ...(acrValues === '' || acrValues.length > MAX_ACR_VALUES ? {} : { acrValues }),
  };
}

const isOfAnother = ({ prompt }: Pick<Interaction, 'prompt'>): boolean =>
  prompt.reasons.includes('id_token_hint');

/** Of `prompt=none` that is asked later, where it is known whether the client may hear of the person at all (`silentRefusal`). */
const isNotWanted = ({ params, session }: Pick<Interaction, 'params' | 'session'>): boolean =>
  params[SILENT] === undefined &&
  session !== undefined &&
  wantedPerson(params['claims']).accountIds?.includes(session.accountId) === false;

/** The library has verified the token, and keeps it with the request. */
function hintedIn({
  id_token_hint: hint,
}: Interaction['params']): Pick<AuthorizationRequest, 'hintedAccountId'> {
  const hinted = text(hint) === '' ? undefined : decodeJwt(text(hint)).sub;
  return hinted === undefined ? {} : { hintedAccountId: hinted as AccountId }; // by `IdToken.validate`
}

/** The library marks a client that it read from a document, and its types do not know the mark. */
const isDocument = (client: object): boolean =>
  'clientIdMetadataDocument' in client && client.clientIdMetadataDocument === true;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
