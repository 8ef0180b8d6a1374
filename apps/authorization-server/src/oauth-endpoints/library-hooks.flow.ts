import type { AdapterFactory, Configuration, ErrorOut, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { AttemptCookies } from '../attempts/attempt-cookies.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { isOfNetwork } from '../clients/client-documents.flow.js';
import { pageHeaders } from '../http/page-headers.js';
import { bindToBrowser } from './interaction-cookies.js';
import { outagePage } from './outage-answer.js';
import { languageOf } from '../pages/languages.js';
import { protocolErrorPage, type AskedBy } from './protocol-error-page.js';
import { refusalReference } from './refusal-reference.js';
import type { RefreshTokenSeam } from './refresh-token-seam.flow.js';
import type { TokenAccounts } from './token-accounts.flow.js';

type Interactions = NonNullable<Configuration['interactions']>;

/** What oidc-provider calls back for. */
export class LibraryHooks {
  constructor(
    private readonly records: AdapterFactory,
    private readonly accounts: TokenAccounts,
    private readonly urls: IssuerUrls,
    private readonly cookies: AttemptCookies,
    private readonly refreshTokens: RefreshTokenSeam,
  ) {}

  readonly adapter: AdapterFactory = (model) => this.records(model);

  readonly findAccount: NonNullable<Configuration['findAccount']> = async (_ctx, accountId, token) =>
    await this.accounts.find(accountId, token);

  /** Where the browser goes when the user has to be asked. It gets the cookie of the attempt on the way. */
  readonly interactionUrl: NonNullable<Interactions['url']> = (ctx, { uid }) => {
    bindToBrowser(ctx.res, ctx.req.headers.cookie, uid, this.cookies);
    return this.urls.url(`/sign-in/${uid}`);
  };

  /** Called right before an access token is signed. The grant's id is the session's id. */
  readonly extraTokenClaims: NonNullable<Configuration['extraTokenClaims']> = async (ctx, token) => {
    const tsid = 'grantId' in token ? token.grantId : undefined;
    const said = async () => (tsid === undefined ? {} : await this.accounts.claimsOf(tsid));
    // Before the refresh token is exchanged: a client can ask again when the provider is away.
    await this.refreshTokens.beforeSigning(ctx, said);
    return tsid === undefined ? undefined : { ...(await said()), tsid };
  };

  readonly writeSuccessor: Parameters<Provider['use']>[0] = async (ctx, next) => {
    await this.refreshTokens.writeSuccessor(ctx, next);
  };

  /** The page for errors that cannot go to a client. */
  readonly renderError = (ctx: KoaContextWithOIDC, out: ErrorOut, error: unknown): void => {
    ctx.set({ ...pageHeaders() });
    const { site } = this.urls;
    // A client's own description that cannot be fetched is no part of the gateway that is away.
    const reference = refusalReference(error);
    const outage = out.error === 'invalid_client' ? undefined : outagePage(ctx, error, site);
    const asked = { ...askedBy(ctx), isUnreached: isUnreached(error), reference };
    const page = outage ?? protocolErrorPage(out, site, asked);
    ctx.body = page.in(languageOf(ctx.get('accept-language')));
  };
}

function isUnreached(error: unknown): boolean {
  const failure = OutboundFailure.in(error);
  return failure !== undefined && isOfNetwork(failure);
}

/** Errors are rendered before the library has read the parameters as well. */
function askedBy({ query }: KoaContextWithOIDC): Omit<AskedBy, 'reference'> {
  const [clientId, redirectUri] = [query['client_id'], query['redirect_uri']];
  return {
    clientId: typeof clientId === 'string' ? clientId : undefined,
    redirectUri: typeof redirectUri === 'string' ? redirectUri : undefined,
  };
}
