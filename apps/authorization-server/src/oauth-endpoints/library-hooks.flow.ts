import type { AdapterFactory, Configuration, ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import type { AttemptCookies } from '../attempts/attempt-cookies.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { pageHeaders } from '../http/page-headers.js';
import { protocolErrorPage } from './protocol-error-page.js';
import { outagePage } from './outage-answer.js';
import type { RefreshTokenSeam } from './refresh-token-seam.flow.js';
import { TokenAccounts } from './token-accounts.flow.js';

/** What oidc-provider calls back for: storage, accounts, and the page for errors that cannot go to a client. */
export class LibraryHooks {
  constructor(
    readonly adapter: AdapterFactory,
    private readonly accounts: TokenAccounts,
    readonly urls: IssuerUrls,
    readonly attemptCookies: AttemptCookies,
    readonly refreshTokens: RefreshTokenSeam,
  ) {}

  readonly findAccount: NonNullable<Configuration['findAccount']> = async (_ctx, accountId, token) => {
    return await this.accounts.find(accountId, token);
  };

  readonly renderError = (ctx: KoaContextWithOIDC, out: ErrorOut, error: unknown): void => {
    ctx.set({ ...pageHeaders() });
    const { basePath } = this.urls;
    ctx.body = outagePage(ctx, error, basePath) ?? protocolErrorPage(out, basePath).markup;
  };
}
