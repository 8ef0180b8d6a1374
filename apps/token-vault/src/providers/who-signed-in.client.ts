import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import * as openid from 'openid-client';
import { identityAtBackend } from './backend-identity.client.js';
import { identityFromClaims, identityFromFields, parseAnswer } from './identity.js';
import type { Provider } from './provider-registry.js';
import type { UpstreamFailure } from './upstream-failure.js';
import { isResolved } from './resolved-provider.js';
import { fetchIdentity } from './user-info.client.js';

/** A backend with its own OAuth need not say who signed in. */
export type WhoSignedIn =
  | { readonly ok: true; readonly identity: UpstreamIdentity | undefined }
  | { readonly ok: false; readonly failure: UpstreamFailure };

type Known = Extract<WhoSignedIn, { ok: false }> | { readonly ok: true; readonly identity: UpstreamIdentity };

/** A token response that passed all checks. */
export interface CheckedResponse {
  readonly configuration: openid.Configuration;
  readonly accessToken: string;
  readonly claims: openid.IDToken | undefined;
  /** As it was kept. */
  readonly body: string;
}

/** Says who signed in, by the source that is configured for the provider. @throws {OutboundFailure} */
export async function whoSignedIn(provider: Provider, response: CheckedResponse): Promise<WhoSignedIn> {
  const { protocol } = provider;
  const { accessToken, claims, body } = response;
  if (protocol.type === 'oidc') return known(await fromOidc(protocol.subjectClaim, response));
  if (protocol.type === 'mcp')
    return isResolved(provider) && claims === undefined
      ? await identityAtBackend(provider, accessToken)
      : known(await fromOidc('sub', response));
  const { identity } = protocol;
  switch (identity.from) {
    case 'userInfo':
      return await fetchIdentity(provider, identity, accessToken);
    case 'tokenResponse':
      return known(identityFromFields(parseAnswer(body) ?? {}, identity.fieldMapping));
    case 'idToken':
      return known(identityFromFields(claims ?? {}, identity.fieldMapping));
  }
}

/** Whom a renewed id_token is about; `undefined` when there is none, or it does not say who signed in. */
export function subjectOfRenewed(
  { protocol }: Provider,
  claims: openid.IDToken | undefined,
): Known | undefined {
  if (claims === undefined) return undefined;
  if (protocol.type === 'oidc')
    return renewed(identityFromClaims(claims, protocol.subjectClaim), protocol.subjectClaim);
  if (protocol.type === 'mcp' || protocol.identity.from !== 'idToken') return undefined;
  const { fieldMapping } = protocol.identity;
  return renewed(identityFromFields(claims, fieldMapping), fieldMapping.subjectFields.join(', '));
}

/** A claim that is missing names nobody else. */
const renewed = (identity: UpstreamIdentity | undefined, claim: string): Known =>
  identity === undefined ? { ok: false, failure: { kind: 'malformed', reason: { claim } } } : known(identity);

const known = (identity: UpstreamIdentity | undefined): Known =>
  identity === undefined ? { ok: false, failure: { kind: 'rejected' } } : { ok: true, identity };

async function fromOidc(
  subjectClaim: string,
  { configuration, accessToken, claims }: CheckedResponse,
): Promise<UpstreamIdentity | undefined> {
  if (claims === undefined) return undefined;
  const profile = await profileOf(configuration, accessToken, claims);
  return identityFromClaims(claims, subjectClaim, profile);
}

/** Name and address come from the user information endpoint where the id_token lacks them. A sign-in can do without. */
async function profileOf(
  configuration: openid.Configuration,
  accessToken: string,
  claims: openid.IDToken,
): Promise<Readonly<Record<string, unknown>>> {
  const complete = claims['name'] !== undefined && claims['email'] !== undefined;
  if (complete || configuration.serverMetadata().userinfo_endpoint === undefined) return {};
  return await openid.fetchUserInfo(configuration, accessToken, claims.sub).catch(() => ({}));
}
