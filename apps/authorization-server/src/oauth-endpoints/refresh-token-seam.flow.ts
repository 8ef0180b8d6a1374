import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { RedeemRefreshToken } from '../refresh-tokens/redeem-refresh-token.flow.js';
import type { PresentedToken } from '../refresh-tokens/successor-seal.js';

/**
 * Our rotation, in place of oidc-provider's own. The library would use a refresh token up before it checks the requested
 * resource, and would give a successor only once. So it is configured not to rotate: it makes its response with the old
 * token, we exchange that token last, and write the successor into the response.
 */
export class RefreshTokenSeam {
  readonly #successors = new WeakMap<object, string>();

  constructor(private readonly redemption: Pick<RedeemRefreshToken, 'redeem'>) {}

  /**
   * Runs right before an access token is signed. Client, grant, scope, account and resource have been checked by then.
   * @param beforeUse runs between the look at the token and its use. A thief is noticed also while nobody can be asked about
   * the person, and causes no request about them.
   */
  async beforeSigning(ctx: KoaContextWithOIDC, beforeUse: () => Promise<unknown>): Promise<void> {
    if (!isRefresh(ctx)) return;
    const token = presentedIn(ctx);
    const successor = token === undefined ? undefined : await this.redemption.redeem(token, beforeUse);
    if (successor === undefined) throw new errors.InvalidGrant('the refresh token was used before');
    this.#successors.set(ctx, successor);
  }

  /** Runs when the library has made its response. */
  readonly writeSuccessor: Parameters<Provider['use']>[0] = async (ctx, next) => {
    await next();
    if (ctx.path !== '/oauth/token' || ctx.status !== 200) return;
    // The library puts `oidc` there on each of its routes.
    if (!isRefresh(ctx as unknown as KoaContextWithOIDC)) return;
    const successor = this.#successors.get(ctx);
    // The library has changed: without this error the token would be good for ever.
    if (successor === undefined) throw new Error('a refresh token was answered that nobody exchanged');
    ctx.body = { ...(ctx.body as object), refresh_token: successor };
  };
}

const isRefresh = ({ oidc }: KoaContextWithOIDC): boolean => oidc.params?.['grant_type'] === 'refresh_token';

function presentedIn(ctx: KoaContextWithOIDC): PresentedToken | undefined {
  const { RefreshToken: token } = ctx.oidc.entities;
  if (token?.grantId === undefined) return undefined;
  return {
    value: token.jti,
    // Both ids are ours. The grant's id is the session's id.
    tsid: token.grantId as SessionId,
    accountId: token.accountId as AccountId,
    clientId: token.clientId ?? '',
  };
}
