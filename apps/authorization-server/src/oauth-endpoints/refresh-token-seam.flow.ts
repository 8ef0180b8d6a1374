import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { RedeemRefreshToken } from '../refresh-tokens/redeem-refresh-token.flow.js';

/**
 * Rotation, around oidc-provider's own. The library uses a refresh token up before it looks at the resource that is asked
 * for, and gives a successor once. So it is told not to rotate: it makes its answer with the token that came, is asked
 * here last, and gets the successor written into the answer.
 */
export class RefreshTokenSeam {
  readonly #successors = new WeakMap<object, string>();

  constructor(private readonly redemption: Pick<RedeemRefreshToken, 'redeem'>) {}

  /** Right before an access token is signed: client, grant, scope, account and resource have been checked. */
  async beforeSigning(ctx: KoaContextWithOIDC): Promise<void> {
    if (!isRefresh(ctx)) return;
    const { RefreshToken: token } = ctx.oidc.entities;
    const successor =
      token?.grantId === undefined
        ? undefined
        : await this.redemption.redeem({
            value: token.jti,
            // Both are ours alone; the grant's id is the session's id.
            tsid: token.grantId as SessionId,
            accountId: token.accountId as AccountId,
            clientId: token.clientId ?? '',
          });
    if (successor === undefined) throw new errors.InvalidGrant('the refresh token was used before');
    this.#successors.set(ctx, successor);
  }

  /** When the library has made its answer. */
  readonly writeSuccessor: Parameters<Provider['use']>[0] = async (ctx, next) => {
    await next();
    if (ctx.path !== '/oauth/token' || ctx.status !== 200) return;
    // The library has put `oidc` there, at each of its routes.
    if (!isRefresh(ctx as unknown as KoaContextWithOIDC)) return;
    const successor = this.#successors.get(ctx);
    // Else a token would be good for ever: the library has changed its ways.
    if (successor === undefined) throw new Error('a refresh token was answered that nobody exchanged');
    ctx.body = { ...(ctx.body as object), refresh_token: successor };
  };
}

const isRefresh = ({ oidc }: KoaContextWithOIDC): boolean => oidc.params?.['grant_type'] === 'refresh_token';
