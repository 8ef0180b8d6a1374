import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { redirectUriProblem } from '@gatehouse/config/urls/client-uris';
import { CONFIG } from '@gatehouse/service-process/injected';
import { errors, Provider } from 'oidc-provider';
import { IdTokenHints, type IdTokenHint } from './id-token-hints.js';
import type { WantedLogout } from './logout-tickets.js';

/** OpenID Connect RP-Initiated Logout 1.0, section 2. Hints about the person and their languages are not needed. */
const PARAMETERS = ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state'] as const;
type Asked = Readonly<Partial<Record<(typeof PARAMETERS)[number], string>>>;

/** As text of JSON, with its quotation marks. It goes through addresses, beside the URI. */
const MAX_STATE_BYTES = 2_050;

export type CheckedLogout =
  | { readonly kind: 'wanted'; readonly logout: WantedLogout }
  /** Nobody is sent anywhere (section 4). */
  | { readonly kind: 'refused'; readonly error: 'invalid_request' | 'invalid_client'; readonly why: string };

/** Whether a client may ask for what it asks, before anybody is asked or sent anywhere. */
@Injectable()
export class CheckLogout {
  constructor(
    private readonly provider: Provider,
    private readonly hints: IdTokenHints,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'clientRegistration'>,
  ) {}

  async check(asked: URLSearchParams): Promise<CheckedLogout> {
    const parameters = readOnce(asked);
    if (parameters === undefined) return refused('a parameter comes twice');
    const { id_token_hint: token, client_id: named, post_logout_redirect_uri: uri, state } = parameters;
    if (Buffer.byteLength(JSON.stringify(state ?? '')) > MAX_STATE_BYTES) return refused('state is too long');
    const hint = token === undefined ? undefined : await this.hints.read(token);
    if (token !== undefined && hint === undefined)
      return refused('id_token_hint is no identity token of this server');
    if (named !== undefined && hint !== undefined && hint.clientId !== named)
      return refused('id_token_hint was issued to another client');
    const clientId = named ?? hint?.clientId;
    // Section 3: without knowing whose it is, no URI counts. The person is asked, and stays here.
    if (clientId === undefined) return { kind: 'wanted', logout: {} };
    // An id that is a URL is fetched. A stranger who names it has not been counted; a token of ours says that the client was accepted.
    if (hint === undefined && URL.canParse(clientId)) return { kind: 'wanted', logout: {} };
    return await this.#forClient(clientId, hint, { uri, state });
  }

  async #forClient(
    clientId: string,
    hint: IdTokenHint | undefined,
    { uri, state }: { readonly uri: string | undefined; readonly state: string | undefined },
  ): Promise<CheckedLogout> {
    const client = await this.#client(clientId);
    if (client === undefined)
      return { kind: 'refused', error: 'invalid_client', why: 'the client is not known' };
    const { redirectSchemes } = this.config.clientRegistration;
    if (
      uri !== undefined &&
      (redirectUriProblem(uri, redirectSchemes) !== undefined || !client.postLogoutRedirectUriAllowed(uri))
    )
      return refused('post_logout_redirect_uri is not one that the client registered');
    return {
      kind: 'wanted',
      logout: {
        clientId,
        clientName: client.clientName ?? clientId,
        ...(hint === undefined ? {} : { accountId: hint.accountId }),
        ...(hint?.sid === undefined ? {} : { sid: hint.sid }),
        ...(uri === undefined ? {} : { redirectUri: uri }),
        ...(uri === undefined || state === undefined ? {} : { state }),
      },
    };
  }

  /** One whose metadata are not accepted any more, or whose document cannot be read, is not known. */
  async #client(clientId: string) {
    try {
      return await this.provider.Client.find(clientId);
    } catch (error) {
      if (error instanceof errors.OIDCProviderError) return undefined;
      throw error;
    }
  }
}

const refused = (why: string): CheckedLogout => ({ kind: 'refused', error: 'invalid_request', why });

function readOnce(asked: URLSearchParams): Asked | undefined {
  if (PARAMETERS.some((name) => asked.getAll(name).length > 1)) return undefined;
  return Object.fromEntries(
    PARAMETERS.flatMap((name): readonly (readonly [string, string])[] => {
      const value = asked.get(name);
      return value === null || value === '' ? [] : [[name, value]];
    }),
  );
}
