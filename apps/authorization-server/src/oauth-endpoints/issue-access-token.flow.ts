import { X509Certificate } from 'node:crypto';
import { bindingIn } from '@gatehouse/access-tokens/binding';
import { certificateThumbprint } from '@gatehouse/service-process/client-certificates';
import type { TokenEndpointGrantContext } from 'oidc-provider';
import {
  buildTokenResponse,
  checkDpopReplay,
  checkDpopRequired,
  checkMtlsCert,
  type resolveRequestedResources,
  validateDpop,
} from 'oidc-provider/lib/helpers/grants.js';

/** What a client has shown that it holds. Its token is bound to that. */
export interface Held {
  /** Of possession of a key (RFC 9449); `undefined`: none came with the request. */
  readonly proof: Awaited<ReturnType<typeof validateDpop>>;
  /** Of a client whose tokens are bound to certificates (RFC 8705). */
  readonly certificate: ReturnType<typeof checkMtlsCert>;
}

/** @throws {errors.InvalidGrant} when nothing is shown that this client has to show. */
export async function heldBy(ctx: TokenEndpointGrantContext): Promise<Held> {
  const { provider } = ctx.oidc;
  const proof = await validateDpop(provider, ctx);
  checkDpopRequired(provider, ctx, proof);
  return { proof, certificate: checkMtlsCert(provider, ctx) };
}

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
  readonly held: Held;
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
  { accountId, tsid, gty, target, scopes, expiresIn, held, note, useUp, said }: TokenToIssue,
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
  const { proof, certificate } = held;
  if (certificate !== undefined) token.setThumbprint('x5t', certificate);
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

/** RFC 9449, RFC 8705: what is bound to a key or a certificate is worth nothing to who does not show that they have it. */
export function isHeld(cnf: unknown, { proof, certificate }: Held): boolean {
  const binding = bindingIn(cnf);
  switch (binding.to) {
    case 'nothing':
      return true;
    case 'key':
      return binding.thumbprint === proof?.thumbprint;
    case 'certificate':
      return (
        certificate !== undefined &&
        binding.thumbprint === certificateThumbprint(new X509Certificate(certificateBytes(certificate)))
      );
    case 'unknown':
      return false;
  }
}

const certificateBytes = (certificate: NonNullable<Held['certificate']>): string | Buffer =>
  typeof certificate === 'string' ? certificate : certificate.raw;
