import type { TokenEndpointGrantContext } from 'oidc-provider';
import {
  buildTokenResponse,
  checkDpopReplay,
  type resolveRequestedResources,
  type validateDpop,
} from 'oidc-provider/lib/helpers/grants.js';

/** Of possession of a key (RFC 9449); `undefined`: none came with the request. */
export type Proof = Awaited<ReturnType<typeof validateDpop>>;
type Target = Awaited<ReturnType<typeof resolveRequestedResources>>[number];

interface TokenToIssue {
  readonly accountId: string;
  /** A grant's id is its session's id. */
  readonly tsid: string;
  /** How the library calls the grant. */
  readonly gty: string;
  readonly target: Target;
  readonly scopes: readonly string[];
  /** In seconds. */
  readonly expiresIn: number;
  readonly proof: Proof;
  /** What else the token says: remembered for when it is signed. */
  readonly note?: (token: object) => void;
  /** Runs when nothing but the signature is left: what is good once is used up last. */
  readonly useUp?: () => Promise<void>;
  /** Further members of the response. */
  readonly said?: {
    readonly issuedTokenType?: string;
    readonly parameters?: Readonly<Record<string, string>>;
  };
}

/** Answers a token request with an access token for a person, and with nothing that renews it. */
export async function issueAccessToken(
  ctx: TokenEndpointGrantContext,
  { accountId, tsid, gty, target, scopes, expiresIn, proof, note, useUp, said }: TokenToIssue,
): Promise<void> {
  const { provider, client } = ctx.oidc;
  const token = new provider.AccessToken({
    client,
    accountId,
    grantId: tsid,
    gty,
    resourceServer: target,
    scope: scopes.join(' ') || undefined,
    expiresIn,
  });
  if (proof !== undefined) {
    await checkDpopReplay(provider, ctx, proof, client.clientId);
    token.setThumbprint('jkt', proof.thumbprint);
  }
  note?.(token);
  await useUp?.();
  ctx.oidc.entity('AccessToken', token);
  ctx.body = buildTokenResponse(provider, {
    ...said,
    accessToken: await token.save(),
    expiresIn,
    scope: token.scope,
    tokenType: token.tokenType,
  });
}

/** RFC 9449: what is bound to a key is worth nothing to who does not prove that they have it. */
export const isHeld = (cnf: Readonly<Record<string, unknown>> | undefined, proof: Proof): boolean =>
  cnf === undefined || (proof !== undefined && cnf['jkt'] === proof.thumbprint);
